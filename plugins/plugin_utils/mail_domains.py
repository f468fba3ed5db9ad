# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of ``mail_domains``, which says all of a domain in one place: a part for each module; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_domain
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dns.argspec import DOMAIN
from ansible_collections.mailwright.mail.plugins.plugin_utils.mail_relays import relay_list, relays_for, spf_includes

Entry = dict[str, Any]
# What every part says of a domain.
_SHARED = ("name", "state")
_DNS = frozenset(DOMAIN) - {"dkim"}
PARTS = ("accounts", "dkim", "dns", "zones")


def domains_for(part: str, domains: Any) -> list[Entry]:
    """Return the entries of ``domains`` with what concerns one part of the collection.

    Args:
        part: ``accounts``: all that no other part takes, so that a misspelt key is told. ``dns``: what `dns_records`
            takes, but for the keys. ``dkim``: what is under ``dkim``, as `dkim_rotation` takes it. ``zones``: a zone of
            its own for each, as `dns_zone` takes it, also where records are still to be taken out of it. But for
            ``accounts``, domains with ``backup_mx`` are left out: their DNS, and their keys, are the primary server's.
        domains: ``mail_domains``.

    Raises:
        InvalidValue: no such part, or an entry that is none.
    """
    if part not in PARTS:
        raise InvalidValue("part", part, "is not known", f"give one of {', '.join(PARTS)}")
    found = _list(domains, "domains")
    return [
        _part(part, entry, f"mail_domains[{number}]")
        for number, entry in enumerate(found, 1)
        if part == "accounts" or not _is_backup(entry)
    ]


def dns_calls(hosts: Any, others: Any = ()) -> list[Entry]:
    """Return the calls of `dns_records` that publish for all mail hosts, one for each set of them with common domains.

    Args:
        hosts: the mail hosts of the play. Each has ``host``, its entry in ``mail_hosts``; ``domains``, as `dns_records`
            takes them; ``keys``, ``dns_domains`` of `dkim_rotation`; and ``relays``, as `relays_for` has them for
            ``dns``.
        others: variables of mail hosts that the play may not reach: how each is called (``mail_hostname``), whether it
            is an MX (``dns_mx``, ``dns_preference``), and for which domains (``dns_domains``, else ``mail_domains``,
            else all), so that its records stay; and its relays (``dns_relays``, else ``mail_relays``).

    Returns:
        ``[{"domains": [...], "mail_hosts": [...]}]``. A domain's ``dkim`` has the records of all its hosts; it is left
        out where no host knows its keys. Its ``spf`` has the providers that its hosts send its mail through, unless it
        has mechanisms of its own.

    Raises:
        InvalidValue: an entry that is none, or a domain of which two hosts say different things.
    """
    played = _list(hosts, "hosts")
    wanted, members, entries = _played(played)
    relays = {
        str(one["host"]["name"]): relay_list(one.get("relays", ()), f"relays of {one['host']['name']}")
        for one in played
    }
    for variables in _list(others, "others"):
        name = str(variables.get("mail_hostname") or "")
        if name and name not in entries:
            mx, preference = variables.get("dns_mx", True), variables.get("dns_preference", 10)
            entries[name] = {"name": name, "mx": mx, "preference": preference}
            relays[name] = _others_relays(variables)
            for domain in wanted.keys() & _others_domains(variables, set(wanted)):
                members[domain].append(name)
    for domain, entry in wanted.items():
        _let_providers_send(entry, domain, {name: relays[name] for name in members[domain]})
    calls: dict[tuple[str, ...], list[Entry]] = {}
    for domain, entry in wanted.items():
        calls.setdefault(tuple(members[domain]), []).append(entry)
    alone = set(entries).difference(*calls) & {one["host"]["name"] for one in played}
    # A host without domains has records of its own.
    calls.update({(name,): [] for name in entries if name in alone})
    return [{"domains": found, "mail_hosts": [entries[name] for name in names]} for names, found in calls.items()]


def _played(hosts: list[Any]) -> tuple[dict[str, Entry], dict[str, list[str]], dict[str, Entry]]:
    """Return the domains with their records, the names of each one's hosts, and the hosts' entries."""
    wanted: dict[str, Entry] = {}
    said: dict[str, Any] = {}
    members: dict[str, list[str]] = {}
    entries: dict[str, Entry] = {}
    for one in hosts:
        host = str(one["host"]["name"])
        entries[host] = dict(one["host"])
        for number, entry in enumerate(_list(one["domains"], f"domains of {host}"), 1):
            name = _name(entry, f"domains[{number}] of {host}")
            if said.setdefault(name, entry) != entry:
                right = f"say the same of it for {' and '.join([*members[name], host])}"
                raise InvalidValue("domain", name, "is another one on each of its mail hosts", right)
            wanted.setdefault(name, dict(entry))
            members.setdefault(name, []).append(host)
        for entry in _list(one["keys"], f"keys of {host}"):
            name = _name(entry, f"keys of {host}")
            if name in wanted:
                records = wanted[name].setdefault("dkim", [])
                records += [{**record, "host": host} for record in entry.get("dkim") or ()]
    return wanted, members, entries


def _others_domains(variables: Mapping[str, Any], default: set[str]) -> set[str]:
    domains = variables.get("dns_domains", variables.get("mail_domains"))
    if domains is None:
        return default
    host = variables.get("mail_hostname")
    return {_name(entry, f"domains of {host}") for entry in _list(domains, f"domains of {host}")}


def _others_relays(variables: Mapping[str, Any]) -> list[Any]:
    relays = variables.get("dns_relays")
    return relays_for("dns", variables.get("mail_relays") or ()) if relays is None else relay_list(relays, "dns_relays")


def _let_providers_send(entry: Entry, domain: str, relays: Mapping[str, list[Any]]) -> None:
    """Add to ``entry`` what SPF wants for ``relays``, by host. What the domain says itself of who may send stands."""
    spf = entry.get("spf") or {}
    if not isinstance(spf, Mapping) or spf.get("mechanisms") is not None or entry.get("no_mail"):
        return
    found = [one for name, sending in relays.items() for one in spf_includes(domain, sending, name)]
    if found:
        entry["spf"] = {**spf, "mechanisms": list(dict.fromkeys(found))}


def _part(part: str, entry: Any, place: str) -> Entry:
    if not isinstance(entry, Mapping):
        raise InvalidValue(place, type(entry).__name__, "is no dictionary", "give one with name")
    if part == "zones":
        return {"name": entry["name"]} if "name" in entry else {}
    shared = {key: entry[key] for key in _SHARED if key in entry}
    if part == "accounts":
        return {key: value for key, value in entry.items() if key in _SHARED or key not in {*_DNS, "dkim"}}
    if part == "dns":
        return {key: value for key, value in entry.items() if key in _DNS}
    options = entry.get("dkim") or {}
    if not isinstance(options, Mapping):
        raise InvalidValue(f"{place} dkim", type(options).__name__, "is no dictionary", "give options of dkim_rotation")
    return {**shared, **options}


def _is_backup(entry: Any) -> bool:
    value = entry.get("backup_mx") if isinstance(entry, Mapping) else None
    # The accounts' module tells what is none.
    return value is not None and value in BOOLEANS and boolean(value)


def _list(value: Any, what: str) -> list[Any]:
    # Jinja's own filters return generators.
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidValue(what, type(value).__name__, "is no list", "give a list")
    return list(value)


def _name(entry: Any, place: str) -> str:
    if not isinstance(entry, Mapping) or "name" not in entry:
        raise InvalidValue(place, type(entry).__name__, "has no name", "give dictionaries with name")
    return parse_domain(entry["name"], f"name of {place}")
