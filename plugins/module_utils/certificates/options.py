# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options, and what they ask for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import InvalidValue
from ..core.ledger import DEFAULT_PATH
from ..core.pending import COMMON as PENDING
from .judge import Terms
from .names import parse_names
from .x509 import KEY_TYPES

# A hundred years. X.509 itself knows no time behind the year 9999.
_LONGEST = 36_500
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_TIMEOUT = 60

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "alt_names": {"type": "list", "elements": "str", "default": []},
    "source": {"type": "str", "choices": ["own_ca", "provided"], "default": "own_ca"},
    "certificate": {"type": "path"},
    "private_key": {"type": "path", "no_log": False},
    "key_type": {"type": "str", "choices": list(KEY_TYPES), "default": KEY_TYPES[0], "no_log": False},
    "next_public_key": {"type": "path", "no_log": False},
    "key_max_age_days": {"type": "int", "default": 0, "no_log": False},
    "retired_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "tlsa_ports": {"type": "list", "elements": "int", "default": [25]},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "servers": {"type": "list", "elements": "str", "default": []},
    "port": {"type": "int", "default": 53},
    "timeout": {"type": "int", "default": 5},
    "valid_days": {"type": "int", "default": 365},
    "renew_before_days": {"type": "int", "default": 30},
    "ca_valid_days": {"type": "int", "default": 3650},
    "directory": {"type": "path", "default": "/etc/mailwright/tls"},
    "ca_directory": {"type": "path", "default": "/etc/mailwright/ca"},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
    **PENDING,
}


@dataclass(frozen=True)
class Wanted:
    """One certificate as it should be. ``names`` begins with the host's own (``DNS:mx1.example.net``).

    ``retired_keys`` are SPKI hashes, ``key_max_age`` is in days, 0 for ever.
    """

    names: tuple[str, ...]
    source: str
    certificate: str
    private_key: str
    next_public_key: str
    key_type: str
    key_max_age: int
    retired_keys: tuple[str, ...]
    tlsa_ports: tuple[int, ...]
    terms: Terms
    directory: str
    ca_directory: str
    ledger: str

    @property
    def host(self) -> str:
        """The host's own name, which is the directory's name too."""
        return self.names[0].removeprefix("DNS:")


def wanted(params: Mapping[str, Any]) -> Wanted:
    """Return what ``params`` ask for.

    Raises:
        InvalidValue: a name that is none, days that do not fit together, a provided source without its files, what is
            no port, hash or address.
    """
    terms = Terms(params["valid_days"], params["renew_before_days"], params["ca_valid_days"])
    if not 1 <= terms.days <= _LONGEST // 2:
        right = f"give a number of days from 1 to {_LONGEST // 2}"
        raise InvalidValue("valid_days", terms.days, "is no length of time for a certificate", right)
    if not 0 <= terms.renew_before < terms.days:
        right = f"give a number of days from 0 to {terms.days - 1}, less than valid_days"
        raise InvalidValue("renew_before_days", terms.renew_before, "would renew on every run", right)
    if terms.authority_days < 2 * terms.days:
        right = f"give at least {2 * terms.days}, twice valid_days"
        raise InvalidValue("ca_valid_days", terms.authority_days, "is too short", right)
    if terms.authority_days > _LONGEST:
        raise InvalidValue("ca_valid_days", terms.authority_days, "is too long", f"give at most {_LONGEST}")
    for option in ("directory", "ca_directory"):
        if not params[option].startswith("/"):
            raise InvalidValue(option, params[option], "is not absolute", "give a path such as /etc/mailwright/tls")
    if params["source"] == "provided" and params["state"] == "present":
        for option in ("certificate", "private_key"):
            if not params[option]:
                raise InvalidValue(option, "", "is empty", "source provided needs the file's path on the target")
    if not 0 <= params["key_max_age_days"] <= _LONGEST:
        right = f"give a number of days up to {_LONGEST}, or 0 for no limit"
        raise InvalidValue("key_max_age_days", params["key_max_age_days"], "is no age of a key", right)
    _check_servers(params)
    return Wanted(
        parse_names(params["name"], params["alt_names"]),
        params["source"],
        params["certificate"] or "",
        params["private_key"] or "",
        params["next_public_key"] or "",
        params["key_type"],
        params["key_max_age_days"],
        tuple(_parse_hash(value) for value in params["retired_keys"]),
        tuple(sorted({_check_port("tlsa_ports", port) for port in params["tlsa_ports"]})),
        terms,
        params["directory"].rstrip("/"),
        params["ca_directory"].rstrip("/"),
        params["ledger"],
    )


def _check_servers(params: Mapping[str, Any]) -> None:
    """Judge whom to ask for TLSA records."""
    for option in ("resolvers", "servers"):
        for value in params[option]:
            try:
                ipaddress.ip_address(value)
            except ValueError as error:
                raise InvalidValue(option, value, "is no IP address", "give addresses such as 192.0.2.53") from error
    _check_port("port", params["port"])
    if not 1 <= params["timeout"] <= _LONGEST_TIMEOUT:
        raise InvalidValue("timeout", params["timeout"], "is out of range", f"give 1 to {_LONGEST_TIMEOUT} seconds")


def _check_port(option: str, value: int) -> int:
    if not 1 <= value <= 65535:
        raise InvalidValue(option, value, "is no port", "give 1 to 65535")
    return value


def _parse_hash(value: str) -> str:
    found = value.lower().replace(":", "")
    if not _HASH.fullmatch(found):
        right = "give the SHA-256 of a public key in 64 hexadecimal digits, as certificate.spki_sha256 returns it"
        raise InvalidValue("retired_keys", value, "is no hash of a key", right)
    return found
