# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One DKIM key record, judged by its text alone (RFC 6376, section 3.6.1; RFC 8301; RFC 8463)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.deps import need
from ..core.errors import Unavailable, shown
from .findings import Findings
from .replies import cut
from .tags import read_tags, without_space

RSA, ED25519 = "rsa", "ed25519"
# RFC 8301, section 3.2: verifiers take from 1024 to 4096 bits, and signers ought to have 2048.
_WEAK, _GOOD, _LARGE = 1024, 2048, 4096
_ED25519_BYTES = 32
# What of a tag's value is shown at most; the longest key that anybody takes has 1,400 characters.
_VALUE_LIMIT = 2048
_NO_CONTENT = "DKIM key is revoked (p= is empty)"


@dataclass(frozen=True)
class KeyVerdict:
    """What is to be said of one key record.

    ``status``, ``message``, ``warnings`` and ``info`` are as those of a `model.Check`, ``parameters`` the tags as they
    stand there. ``algorithm`` is ``rsa``, ``ed25519`` or whatever ``k=`` has, ``bits`` the size of an RSA key where it
    is known, ``public`` the bytes of ``p=``, empty for a key that is revoked or cannot be read.
    """

    status: str
    message: str
    warnings: tuple[str, ...]
    info: tuple[str, ...]
    parameters: Mapping[str, str]
    algorithm: str = RSA
    bits: int | None = None
    public: bytes = b""

    @property
    def revoked(self) -> bool:
        """Whether the record says that the key is not to be used any more."""
        return without_space(self.parameters.get("p", "-")) == ""


def judge_key_record(text: str) -> KeyVerdict:
    """Return the verdict on the key record ``text``, the strings of its TXT put together. Nothing is raised."""
    findings = Findings()
    read = read_tags(text)
    tags = read.tags
    for problem in read.problems:
        findings.error(f"DKIM key record is malformed: {problem}")
    if "v" in tags and read.first != "v":
        findings.error("DKIM key record has v= elsewhere than at its beginning")
    if tags.get("v", "DKIM1") != "DKIM1":
        findings.error(f"DKIM key record has v={shown(tags['v'], 40)}, and verifiers take DKIM1 only")
    _judge_flags(tags, findings)
    _judge_limits(tags, findings)
    algorithm = without_space(tags.get("k", RSA)) or RSA
    public, bits = b"", None
    if "p" not in tags:
        findings.error("DKIM key record has no p=, so there is no key")
    elif not without_space(tags["p"]):
        findings.error(_NO_CONTENT)
    else:
        public, bits = _judge_key(algorithm, tags["p"], findings)
    kind = f"RSA, {bits} bits" if bits else algorithm
    return KeyVerdict(
        findings.status,
        findings.message(f"DKIM key is as it should be ({kind})"),
        findings.warnings,
        findings.notes,
        {tag: cut(value, _VALUE_LIMIT) for tag, value in tags.items()},
        algorithm,
        bits,
        public,
    )


def _judge_flags(tags: Mapping[str, str], findings: Findings) -> None:
    flags = _words(tags.get("t", ""))
    if "y" in flags:
        findings.error(
            "DKIM key is in TESTING mode (t=y): verifiers treat a message whose signature fails like one without; "
            "remove t=y"
        )
    if "s" in flags:
        findings.info("DKIM key is in strict mode (t=s): it signs for the domain itself and not for its subdomains")


def _judge_limits(tags: Mapping[str, str], findings: Findings) -> None:
    hashes = _words(tags.get("h", ""))
    if "h" in tags and "sha256" not in hashes:
        if "sha1" in hashes:
            findings.warning("DKIM key allows the hash SHA-1 only (h=sha1), which verifiers do not take (RFC 8301)")
        else:
            findings.error(f"DKIM key allows no hash that is known (h={shown(tags['h'], 40)}); it has to be sha256")
    elif "sha1" in hashes:
        findings.info("DKIM key allows SHA-1 beside SHA-256 (h=), which verifiers do not take any more (RFC 8301)")
    services = _words(tags.get("s", "*"))
    if "*" not in services and "email" not in services:
        findings.error(f"DKIM key is not for e-mail (s={shown(tags['s'], 40)})")


def _judge_key(algorithm: str, value: str, findings: Findings) -> tuple[bytes, int | None]:
    """Return the bytes of ``p=`` and the bits of an RSA key, where each can be told."""
    try:
        content = base64.b64decode(without_space(value), validate=True)
    except (ValueError, binascii.Error):
        findings.error("DKIM key is not Base64 (p=)")
        return b"", None
    if algorithm == ED25519:
        if len(content) != _ED25519_BYTES:
            findings.error(
                f"DKIM key for Ed25519 has {len(content)} bytes; p= has the {_ED25519_BYTES} bytes of the public key "
                "alone (RFC 8463)"
            )
            return b"", None
        return content, None
    if algorithm != RSA:
        findings.warning(f"DKIM key has the type k={shown(algorithm, 40)}; verifiers know rsa and ed25519")
        return content, None
    return _judge_rsa(content, findings)


def _judge_rsa(content: bytes, findings: Findings) -> tuple[bytes, int | None]:
    try:
        serialization = need("cryptography.hazmat.primitives.serialization")
        rsa = need("cryptography.hazmat.primitives.asymmetric.rsa")
        exceptions = need("cryptography.exceptions")
    except Unavailable as error:
        findings.info(f"the size of the DKIM key is not known: {error}")
        return content, None
    try:
        key = serialization.load_der_public_key(content)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm, exceptions.InternalError):
        findings.error("DKIM key cannot be read: p= is no RSA public key in DER")
        return b"", None
    if not isinstance(key, rsa.RSAPublicKey):
        findings.error("DKIM key is of another type than k=rsa says")
        return b"", None
    bits = int(key.key_size)
    if bits < _WEAK:
        findings.error(f"DKIM key has {bits} bits; verifiers take no RSA key of less than {_WEAK} (RFC 8301)")
    elif bits < _GOOD:
        findings.warning(f"DKIM key has {bits} bits; an RSA key ought to have {_GOOD} or more (RFC 8301)")
    elif bits > _LARGE:
        findings.warning(f"DKIM key has {bits} bits; verifiers need not take more than {_LARGE} (RFC 8301)")
    return content, bits


def _words(value: str) -> list[str]:
    """Return the parts of a list with colons between (RFC 6376, section 3.6.1)."""
    return [word for word in without_space(value).split(":") if word]
