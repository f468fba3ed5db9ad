# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options, and what they ask for."""

from __future__ import annotations

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

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "alt_names": {"type": "list", "elements": "str", "default": []},
    "source": {"type": "str", "choices": ["own_ca", "provided"], "default": "own_ca"},
    "certificate": {"type": "path"},
    "private_key": {"type": "path", "no_log": False},
    "key_type": {"type": "str", "choices": list(KEY_TYPES), "default": KEY_TYPES[0], "no_log": False},
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
    """One certificate as it should be. ``names`` begins with the host's own (``DNS:mx1.example.net``)."""

    names: tuple[str, ...]
    source: str
    certificate: str
    private_key: str
    key_type: str
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
        InvalidValue: a name that is none, days that do not fit together, a provided source without its files.
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
    return Wanted(
        parse_names(params["name"], params["alt_names"]),
        params["source"],
        params["certificate"] or "",
        params["private_key"] or "",
        params["key_type"],
        terms,
        params["directory"].rstrip("/"),
        params["ca_directory"].rstrip("/"),
        params["ledger"],
    )
