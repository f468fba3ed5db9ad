# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a configuration, judged from what Postfix's own programs say about a copy of it.

Pure: `Evidence` is gathered in staging.py. It covers what ``postfix check`` lets through: names that Postfix does not
use, values it does not know, map types and daemons that are not installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .enumerations import Postfix, wrong_value
from .lists import SEPARATORS
from .logical import words
from .master_cf import MasterCf, Service

# Parameters of one delivery transport: TRANSPORT_destination_recipient_limit and so on (postconf(5)).
_TRANSPORT_SUFFIXES = tuple(
    f"_{suffix}"
    for suffix in (
        "delivery_slot_cost",
        "delivery_slot_discount",
        "delivery_slot_loan",
        "destination_concurrency_failed_cohort_limit",
        "destination_concurrency_limit",
        "destination_concurrency_negative_feedback",
        "destination_concurrency_positive_feedback",
        "destination_rate_delay",
        "destination_recipient_limit",
        "extra_recipient_limit",
        "initial_destination_concurrency",
        "minimum_delivery_slots",
        "recipient_limit",
        "recipient_refill_delay",
        "recipient_refill_limit",
        "time_limit",
        "transport_rate_delay",
    )
)
# Table types whose settings may stand in main.cf as TABLE_hosts, TABLE_query and so on.
_NAMED_TABLE = re.compile(r"(?<![\w/.])(?:ldap|mysql|pgsql|sqlite|memcache|mongodb):([A-Za-z0-9_.-]+)")
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z0-9_.-]+)|\(([A-Za-z0-9_.-]+)|([A-Za-z0-9_]+))")
_MAP = re.compile(r"!?([a-z][a-z0-9_-]*):(.*)", re.DOTALL)
# Parameters in which type:name can only be a lookup table.
_TABLE_NAMES = re.compile(
    r"_(maps|map|tables|checks|database|domains|networks|clients|exclusions|exceptions|interfaces)$"
)
_TABLE_LISTS = frozenset(
    {
        "authorized_flush_users",
        "authorized_mailq_users",
        "authorized_submit_users",
        "debug_peer_list",
        "fast_flush_domains",
        "mydestination",
        "mynetworks",
        "postscreen_access_list",
        "smtp_sasl_mechanism_filter",
        "smtpd_authorized_xclient_hosts",
        "smtpd_authorized_xforward_hosts",
        "smtpd_sasl_mechanism_filter",
    }
)
# Parameters whose value is a map type.
_TYPE_NAMES = frozenset({"default_database_type", "default_cache_db_type"})
_NOT_TABLES = frozenset({"inet_interfaces", "proxy_interfaces"})
# Words of a restriction list whose argument is an endpoint, not a table.
_ENDPOINT_ARGUMENT = frozenset({"check_policy_service"})
_COMPOSED = frozenset({"pipemap", "unionmap"})
_PACKAGES = ("cdb", "ldap", "lmdb", "mongodb", "mysql", "pcre", "pgsql", "sqlite")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. Two runs find the same problem if ``key`` is the same."""

    key: str
    text: str
    fatal: bool = True
    hides_others: bool = False


@dataclass(frozen=True)
class Evidence:
    """What Postfix says of one configuration directory.

    ``main`` and ``master`` are what both files say, ``values`` and ``overrides`` (by ``name/type``) the same expanded.
    ``unused`` holds ``(file, name)``, ``undefined`` names that are referred to and nowhere set, ``daemons`` the
    programs in ``daemon_directory``. ``unreadable`` is what ``postconf`` refused with: there are no values then.
    """

    postfix: Postfix
    main: Mapping[str, str]
    master: MasterCf
    values: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unused: tuple[tuple[str, str], ...] = ()
    undefined: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    map_types: frozenset[str] = frozenset()
    daemons: frozenset[str] = frozenset()
    daemon_directory: str = ""


def judge(evidence: Evidence) -> list[Problem]:
    """Return all that is wrong, the most telling first."""
    problems = [Problem(f"unreadable {text}", text, hides_others=True) for text in evidence.unreadable]
    problems += _unused(evidence)
    settings = [("", name, evidence.values[name]) for name in evidence.main if name in evidence.values]
    settings += [(key, name, value) for key, options in evidence.overrides.items() for name, value in options.items()]
    for key, name, value in settings:
        place = f"{key} -o {name}" if key else name
        problems += _wrong_value(place, name, value, evidence)
        problems += _missing_maps(place, name, value, evidence)
    problems += _missing_daemons(evidence)
    problems += [
        Problem(f"undefined {name}", f"${name} is used, though no parameter of this name is set: it is empty", False)
        for name in evidence.undefined
    ]
    return list(dict.fromkeys(problems))


def split_new(after: Iterable[Problem], before: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that stop a change (fatal ones that came with it), and those to warn of.

    One that keeps others from being seen stops it also where it was there before.
    """
    after, known = list(after), {problem.key for problem in before}
    errors = [problem for problem in after if problem.fatal and (problem.hides_others or problem.key not in known)]
    return errors, [problem for problem in after if problem not in errors]


def excused_names(evidence: Evidence) -> frozenset[str]:
    """Return the parameters that Postfix may call unused, though something refers to them."""
    options = [value for service in evidence.master.services().values() for value in service.options.values()]
    values = [*evidence.main.values(), *options]
    referred = {next(filter(None, match.groups())) for value in values for match in _REFERENCE.finditer(value)}
    classes = {word.text for word in words(evidence.values.get("smtpd_restriction_classes", ""), SEPARATORS)}
    transports = {service.name for service in evidence.master.services().values()}
    tables = {match[1] for value in values for match in _NAMED_TABLE.finditer(value)}
    return frozenset(
        name
        for name in evidence.main
        if name in referred
        or name in classes
        or any(name == transport + suffix for transport in transports for suffix in _TRANSPORT_SUFFIXES)
        or any(name.startswith(f"{table}_") for table in tables)
    )


def _unused(evidence: Evidence) -> Iterator[Problem]:
    excused = excused_names(evidence)
    for file, name in evidence.unused:
        if file == "main.cf" and name in excused:
            continue
        where = "parameter" if file == "main.cf" else "-o option"
        yield Problem(
            f"unused {file} {name}",
            f"{file}: Postfix {'.'.join(map(str, evidence.postfix.version))} has no {where} {name}, and nothing refers"
            " to it; correct the name",
        )


def _wrong_value(place: str, name: str, value: str, evidence: Evidence) -> Iterator[Problem]:
    admitted = wrong_value(name, value, evidence.postfix)
    if admitted is not None:
        yield Problem(f"value {place} {value}", f"{place} = {value}: not a value of {name}; give {admitted}")


def _missing_maps(place: str, name: str, value: str, evidence: Evidence) -> Iterator[Problem]:
    if not evidence.map_types:
        return
    for kind in dict.fromkeys(_map_types(name, value)):
        if kind not in evidence.map_types:
            remedy = f"install the package postfix-{kind}" if kind in _PACKAGES else "postconf -m lists those that are"
            yield Problem(f"map {place} {kind}", f"{place}: the map type {kind} is not installed; {remedy}")


def _map_types(name: str, value: str) -> Iterator[str]:
    if name in _TYPE_NAMES and value:
        yield value
        return
    is_restrictions = name.endswith("_restrictions")
    if name in _NOT_TABLES or not (is_restrictions or name in _TABLE_LISTS or _TABLE_NAMES.search(name)):
        return
    previous = ""
    for word in words(value, SEPARATORS):
        if not (is_restrictions and previous in _ENDPOINT_ARGUMENT):
            yield from _types_of(word.text)
        previous = word.text


def _types_of(text: str) -> Iterator[str]:
    if text.startswith("{") and text.endswith("}"):
        inner = words(text[1:-1], SEPARATORS)
        if inner:
            yield from _types_of(inner[0].text)
        return
    match = _MAP.fullmatch(text)
    if match is None:
        return
    kind, rest = match.groups()
    yield kind
    if kind == "proxy":
        yield from _types_of(rest)
    elif kind in _COMPOSED and rest.startswith("{") and rest.endswith("}"):
        for word in words(rest[1:-1], SEPARATORS):
            yield from _types_of(word.text)


def _missing_daemons(evidence: Evidence) -> Iterator[Problem]:
    if not evidence.daemons:
        return
    for service in evidence.master.services().values():
        if service.daemon not in evidence.daemons:
            yield _missing_daemon(service, evidence.daemon_directory)


def _missing_daemon(service: Service, directory: str) -> Problem:
    return Problem(
        f"daemon {service.key} {service.daemon}",
        f"master.cf service {service.key}: there is no daemon {service.daemon} in {directory}; correct the command",
    )
