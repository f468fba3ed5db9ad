# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DKIM signatures of a received message, verified (RFC 6376, 8301, 8463) with the library dkimpy.

The key record is looked up and judged here, as dkimpy does not tell why it does not take one, nor heeds all that the
record limits the key to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.addresses import parse_domain
from ..core.deps import need
from ..core.errors import InvalidValue, Unavailable, shown
from ..dns.reply import Lookup
from .header_fields import read_header
from .replies import told

# Signatures of one message that are judged; a verifier may stop at some number (RFC 6376, section 6.1).
SIGNATURE_LIMIT = 10
# Bytes of a message and of a signature field, which has about 1,200 with the longest key, and names of fields in it.
MESSAGE_LIMIT = 10 * 1024 * 1024
_FIELD_LIMIT = 4 * 1024
_SIGNED_LIMIT = 200
# Base64 of an RSA key of 4096 bits, the longest that a verifier has to know (RFC 8301, section 3.2), has 740.
_KEY_LIMIT = 800
# What dkimpy does with blanks takes time that grows with the square of their number in one place.
_BLANKS = re.compile(rb"[\t ]{100,}")
_BLANKS_LIMIT = 100_000_000
_KEY_BITS = 1024
_SELECTOR = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*", re.I)
_KEY_TYPES = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}

# RFC 8601, section 2.7.1.
PASS = "pass"
FAIL = "fail"
NEUTRAL = "neutral"
TEMPERROR = "temperror"
PERMERROR = "permerror"


@dataclass(frozen=True)
class Signature:
    """One signature and what became of it.

    ``result`` is one of RFC 8601's words: `PASS`; `FAIL`: message or signature were changed; `NEUTRAL`: not in a form
    that can be judged; `TEMPERROR`: the key could not be asked for; `PERMERROR`: there is no key that may be used.
    ``domain`` is an A-label name, empty if it is none. ``record`` is the key record. ``testing``: the domain wants the
    signature not to count (``t=y``). ``partial``: only the body's begin is signed (``l=``).
    """

    domain: str
    selector: str
    algorithm: str
    result: str
    message: str
    record: str | None = None
    testing: bool = False
    partial: bool = False


class _Refused(Exception):
    """The signature gets no further; ``result`` and ``message`` say what it gets."""

    def __init__(self, result: str, message: str, record: str | None = None) -> None:
        super().__init__(message)
        self.result, self.message, self.record = result, message, record


class _Words:
    """Takes what dkimpy would log: it is how it tells why it does not take a key."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, text: object, *_arguments: object) -> None:
        """Keep an error."""
        self.errors.append(str(text))

    def debug(self, *_arguments: object) -> None:
        """Keep nothing."""


def verify(message: bytes, lookup: Lookup) -> tuple[list[Signature], int]:
    """Return the signatures of ``message``, the topmost first and at most `SIGNATURE_LIMIT`, and how many it has.

    Raises:
        Unavailable: the library is not installed, or a signature needs one that is not.
    """
    total = len(read_header(message).all("dkim-signature"))
    if not total:
        return [], 0
    dkim = need("dkim")
    problem = _unjudged(message)
    signer, words = None, _Words()
    if not problem:
        try:
            signer = dkim.DKIM(message, logger=words, minkey=_KEY_BITS)
        except dkim.DKIMException as error:
            problem = f"the header is no header ({shown(str(error))})"
        # dkimpy takes the first line for the begin of a field.
        except IndexError:
            problem = "the header begins with the rest of a field"
    if signer is None:
        return [Signature("", "", "", NEUTRAL, problem)], total
    raw = [value for name, value in signer.headers if name.lower() == b"dkim-signature"]
    found = []
    for index, value in enumerate(raw[:SIGNATURE_LIMIT]):
        words.errors.clear()
        found.append(_judge(dkim, signer, index, value, words, lookup))
    return found, total


def _unjudged(message: bytes) -> str:
    """Return why a message is not handed to the library, or nothing."""
    if len(message) > MESSAGE_LIMIT:
        return f"the message has more than {MESSAGE_LIMIT} bytes"
    if not read_header(message).whole:
        return "the header is longer than any that is meant to be read"
    if sum(len(run) ** 2 for run in _BLANKS.findall(message)) > _BLANKS_LIMIT:
        return "the message has more blanks in one place than any that is meant to be read"
    return ""


def _judge(dkim: Any, signer: Any, index: int, value: bytes, words: _Words, lookup: Lookup) -> Signature:
    tags: Mapping[str, str] = {}
    domain, record = "", None
    try:
        tags = _tags(dkim, value)
        domain = _domain(tags["d"])
        selector = _selector(tags["s"])
        record = _record(lookup, f"{selector}._domainkey.{domain}")
        key = _key(dkim, record, tags, domain)
        _verify(dkim, signer, index, key, words)
    except _Refused as refused:
        return _signature(tags, domain, refused.result, refused.message, refused.record or record)
    return _signature(
        tags,
        domain,
        PASS,
        f"the signature of {domain} is right" + (", of a key that is only tested" if "y" in _list(key, "t") else ""),
        record,
        testing="y" in _list(key, "t"),
    )


def _signature(
    tags: Mapping[str, str], domain: str, result: str, message: str, record: str | None, *, testing: bool = False
) -> Signature:
    return Signature(
        domain,
        tags.get("s", "")[:255],
        tags.get("a", "").lower()[:100],
        result,
        message,
        record[:2000] if record else None,
        testing,
        "l" in tags,
    )


def _tags(dkim: Any, value: bytes) -> dict[str, str]:
    """Return a signature's tags.

    Raises:
        _Refused: they are not such as RFC 6376, section 3.5, wants them.
    """
    if len(value) > _FIELD_LIMIT:
        raise _Refused(NEUTRAL, f"the signature has more than {_FIELD_LIMIT} bytes")
    tags = _parsed(dkim, value.decode("utf-8", "surrogateescape"))
    if tags is None:
        raise _Refused(NEUTRAL, "the signature is no list of tags")
    for tag in ("v", "a", "b", "bh", "d", "h", "s"):
        if not tags.get(tag):
            raise _Refused(PERMERROR, f"the signature has no {tag}=")
    if tags["a"].lower() == "rsa-sha1":
        raise _Refused(PERMERROR, "the signature is made with SHA-1, which proves nothing any more (RFC 8301)")
    if tags["a"].lower() not in _KEY_TYPES:
        raise _Refused(NEUTRAL, f"the algorithm {shown(tags['a'])} is not known")
    signed = [name.strip().lower() for name in tags["h"].split(":")]
    if len(signed) > _SIGNED_LIMIT:
        raise _Refused(NEUTRAL, f"more than {_SIGNED_LIMIT} fields are signed")
    if "from" not in signed:
        raise _Refused(PERMERROR, "the field From is not signed")
    return tags


def _parsed(dkim: Any, text: str) -> dict[str, str] | None:
    """Return a list of tags, or ``None`` if it is none."""
    try:
        tags = dkim.parse_tag_value(text.encode("utf-8", "surrogateescape"))
    except dkim.InvalidTagValueList:
        return None
    return {
        name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape")
        for name, value in tags.items()
    }


def _domain(text: str) -> str:
    try:
        return parse_domain(text)
    except InvalidValue as error:
        raise _Refused(PERMERROR, f"d= names no domain: {error}") from error


def _selector(text: str) -> str:
    if not _SELECTOR.fullmatch(text) or len(text) > 255:
        raise _Refused(PERMERROR, f"s={shown(text)} is no selector")
    return text


def _record(lookup: Lookup, name: str) -> str:
    """Return the key record at ``name``.

    Raises:
        _Refused: there is none, several, or nobody said.
    """
    reply = lookup.resolve(name, "TXT")
    if reply.failed:
        raise _Refused(TEMPERROR, f"nobody knows the key: {told(name, 'TXT', reply)}")
    if not reply.found:
        raise _Refused(PERMERROR, f"there is no key: {told(name, 'TXT', reply)}")
    if len(reply.values) > 1:
        raise _Refused(
            PERMERROR,
            f"there are {len(reply.values)} records at {name} where one key has to be",
            "; ".join(reply.values[:5]),
        )
    return reply.values[0]


def _list(tags: Mapping[str, str], tag: str) -> list[str]:
    return [part.strip() for part in tags.get(tag, "").split(":")]


def _key(dkim: Any, record: str, tags: Mapping[str, str], domain: str) -> dict[str, str]:
    """Return the key record's tags.

    Raises:
        _Refused: the key must not be used for this signature (RFC 6376, sections 3.6.1 and 6.1.2).
    """
    key = _parsed(dkim, record)
    if key is None or "p" not in key or key.get("v", "DKIM1") != "DKIM1":
        raise _Refused(PERMERROR, "what is published is no DKIM key")
    if not key["p"]:
        raise _Refused(PERMERROR, "the key is revoked")
    if len("".join(key["p"].split())) > _KEY_LIMIT:
        raise _Refused(PERMERROR, "the key is longer than any that verifiers take (RFC 8301: 4096 bits)")
    kind, wanted = key.get("k", "rsa"), _KEY_TYPES[tags["a"].lower()]
    if kind != wanted:
        raise _Refused(PERMERROR, f"the key is for {shown(kind)}, the signature is made with {tags['a']}")
    if "h" in key and "sha256" not in _list(key, "h"):
        raise _Refused(PERMERROR, f"the key is not for SHA-256 (h={shown(key['h'])})")
    if "s" in key and not {"*", "email"} & set(_list(key, "s")):
        raise _Refused(PERMERROR, f"the key is not for mail (s={shown(key['s'])})")
    identity = tags.get("i", f"@{domain}").rpartition("@")[2]
    if "s" in _list(key, "t") and identity.lower() != tags["d"].lower():
        raise _Refused(PERMERROR, f"the key is for {domain} alone and not for {shown(identity)} (t=s)")
    return key


def _verify(dkim: Any, signer: Any, index: int, key: Mapping[str, str], words: _Words) -> None:
    """Have dkimpy verify the signature.

    Raises:
        _Refused: it is not right.
        Unavailable: it needs a library that is not installed.
    """
    # dkimpy takes no list in s=; what the tags limit the key to is judged already.
    record = f"k={key.get('k', 'rsa')}; p={key['p']}".encode("utf-8", "surrogateescape")
    try:
        good = signer.verify(idx=index, dnsfunc=lambda _name, timeout=0: record)
    except dkim.NaClNotFoundError:
        need("nacl.signing")
        raise Unavailable("dkimpy does not find the library nacl; install python3-nacl") from None
    except dkim.KeyFormatError as error:
        raise _Refused(PERMERROR, f"the key cannot be used: {shown(str(error))}") from error
    except dkim.ValidationError as error:
        if str(error).startswith("body hash mismatch"):
            raise _Refused(FAIL, "the body is not the one that was signed") from error
        if str(error).startswith("x= value is past"):
            raise _Refused(FAIL, "the signature has expired") from error
        raise _Refused(PERMERROR, f"the signature is not well-formed: {shown(str(error))}") from error
    # What a hostile signature or key makes libraries raise (TypeError, ValueError, binascii.Error, nacl's own...) is
    # not to be listed, and all of it means that there is no verdict.
    except Exception as error:
        words_of = shown(f"{type(error).__name__}: {error}")
        raise _Refused(NEUTRAL, f"the signature cannot be judged: {words_of}") from error
    if not good and words.errors:
        raise _Refused(PERMERROR, f"the key cannot be used: {shown(words.errors[0])}")
    if not good:
        raise _Refused(FAIL, "the signed fields or the signature are not what was signed")
