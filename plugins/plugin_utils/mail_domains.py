# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of ``mail_domains``, which says all of a domain in one place: a part for each module; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_domain
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import DOMAIN

Entry = dict[str, Any]
# What every part says of a domain.
_SHARED = ("name", "state")
_DNS = frozenset(DOMAIN) - {"dkim"}
PARTS = ("accounts", "dkim", "dns")


def domains_for(part: str, domains: Any) -> list[Entry]:
    """Return the entries of ``domains`` with what concerns one part of the collection.

    Args:
        part: ``accounts``: all that no other part takes, so that a misspelt key is told. ``dns``: what `dns_records`
            takes, but for the keys. ``dkim``: what is under ``dkim``, as `dkim_rotation` takes it.
        domains: ``mail_domains``.

    Raises:
        InvalidValue: no such part, or an entry that is none.
    """
    if part not in PARTS:
        raise InvalidValue("part", part, "is not known", f"give one of {', '.join(PARTS)}")
    return [_part(part, entry, f"mail_domains[{number}]") for number, entry in enumerate(_list(domains), 1)]


def with_dkim(domains: Any, keys: Any) -> list[Entry]:
    """Return ``domains``, as `dns_records` takes them, each with the DKIM records that its hosts want.

    Args:
        domains: the domains. Those without a host that knows their keys stay without ``dkim``: nothing is known then.
        keys: ``dns_domains`` of `dkim_rotation` by the host's name. Domains that ``domains`` lacks are left out.

    Raises:
        InvalidValue: an entry that is none, or no domain.
    """
    records: dict[str, list[Entry]] = {}
    if not isinstance(keys, Mapping):
        raise InvalidValue("keys", type(keys).__name__, "is no dictionary", "give dns_domains by host name")
    for host, found in keys.items():
        for entry in _list(found):
            known = records.setdefault(_name(entry, f"{host}'s domains"), [])
            known += [{**one, "host": str(host)} for one in entry.get("dkim") or ()]
    result = []
    for number, entry in enumerate(_list(domains), 1):
        name = _name(entry, f"domains[{number}]")
        result.append({**entry, "dkim": records[name]} if name in records else dict(entry))
    return result


def _part(part: str, entry: Any, place: str) -> Entry:
    if not isinstance(entry, Mapping):
        raise InvalidValue(place, type(entry).__name__, "is no dictionary", "give one with name")
    shared = {key: entry[key] for key in _SHARED if key in entry}
    if part == "accounts":
        return {key: value for key, value in entry.items() if key in _SHARED or key not in {*_DNS, "dkim"}}
    if part == "dns":
        return {key: value for key, value in entry.items() if key in _DNS}
    options = entry.get("dkim") or {}
    if not isinstance(options, Mapping):
        raise InvalidValue(f"{place} dkim", type(options).__name__, "is no dictionary", "give options of dkim_rotation")
    return {**shared, **options}


def _list(value: Any) -> Sequence[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise InvalidValue("domains", type(value).__name__, "is no list", "give a list of domains")
    return value


def _name(entry: Any, place: str) -> str:
    if not isinstance(entry, Mapping) or "name" not in entry:
        raise InvalidValue(place, type(entry).__name__, "has no name", "give dictionaries with name")
    return parse_domain(entry["name"], f"name of {place}")
