# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options ask for: key pairs, each judged on its own; nothing is read from the host."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from .keys import BITS, STRONG_BITS, WEAK_BITS, kind
from .record import Tags, parse_notes
from .selectors import parse_selector, record_name


@dataclass(frozen=True)
class WantedKey:
    """One key pair as it should be. ``name`` is that of its record, ``bits`` are ``None`` for Ed25519."""

    domain: str
    selector: str
    name: str
    present: bool
    algorithm: str
    bits: int | None
    regenerate: str
    allow_weak: bool
    tags: Tags

    @property
    def kind(self) -> str:
        """Algorithm and size as people read them."""
        return kind(self.algorithm, self.bits)


def wanted_keys(params: Mapping[str, Any]) -> list[WantedKey]:
    """Return the key pairs that ``params`` ask for, in their order.

    Raises:
        InvalidValue: a domain, selector, size or note that is none, or a key pair that is named twice.
    """
    entries = params["dkim_keys"]
    if entries is None:
        return [_wanted_key(params)]
    found: dict[str, WantedKey] = {}
    for entry in entries:
        key = _wanted_key({**params, **{name: value for name, value in entry.items() if value is not None}})
        if key.name in found:
            raise InvalidValue("dkim_keys", key.name, "is named twice", "name each selector of a domain once")
        found[key.name] = key
    return list(found.values())


def _wanted_key(given: Mapping[str, Any]) -> WantedKey:
    domain = parse_domain(given["domain"])
    if given["selector"] is None:
        raise InvalidValue("domain", domain, "has no selector", "give one in selector, such as s2026a")
    selector = parse_selector(given["selector"])
    present = given["state"] == "present"
    bits = None
    if given["algorithm"] == "rsa":
        bits = check_bits(given["bits"], given["allow_weak_key"]) if present else given["bits"]
    tags = Tags(
        # Each once, and in one order, so that the same wishes always make the same record.
        tuple(sorted(set(given["flags"]), reverse=True)),
        tuple(sorted(set(given["hash_algorithms"]))),
        tuple(sorted(set(given["service_types"]))),
        parse_notes(given["notes"]),
    )
    return WantedKey(
        domain,
        selector,
        record_name(domain, selector),
        present,
        given["algorithm"],
        bits,
        given["regenerate"],
        given["allow_weak_key"],
        tags,
    )


def check_bits(bits: int, allow_weak: bool) -> int:
    """Return the size of an RSA key.

    Raises:
        InvalidValue: it is none for DKIM, or weak and not allowed.
    """
    if bits in BITS or (allow_weak and bits == WEAK_BITS):
        return bits
    right = "give 2048, 3072 or 4096"
    if bits == WEAK_BITS:
        raise InvalidValue("bits", bits, f"is a weak key, below {STRONG_BITS}", f"{right}, or allow_weak_key: true")
    raise InvalidValue("bits", bits, "is no size of an RSA key for DKIM", right)


def check_path(option: str, value: str) -> str:
    """Return the absolute path ``value``, without what means nothing in it.

    Raises:
        InvalidValue: it is relative, or has control characters.
    """
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise InvalidValue(option, value, "has control characters", "give a path without them")
    if not value.startswith("/"):
        raise InvalidValue(option, value, "is not absolute", "give a path that begins with /")
    # A path with ".." in it stays so: behind a symbolic link it leads elsewhere than its text says.
    return str(PurePosixPath("/" + value.lstrip("/")))
