# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a caller wants of relays, checked value by value before anything is read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.addresses import parse_address, parse_domain
from ...core.errors import Conflict, InvalidValue
from .model import TLS_LEVELS, VERIFYING, Hop, Match, Relay, default_name

Given = Mapping[str, Any]

DEFAULT_CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
# What Cyrus SASL's client has in Debian's package libsasl2-modules.
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
# Options of a single relay that have no default of their own.
_OF_ONE = ("name", "host", "port", "implicit_tls", "username", "password", "mechanisms", "match", "fallback")
_TOKENS = ("XOAUTH2", "OAUTHBEARER")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}", re.ASCII)
# Names of tables end in these once they are indexed.
_INDEX_ENDS = (".lmdb", ".db")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_PATH = re.compile(r"/[^\s,{}$\x00-\x1f]+")


@dataclass(frozen=True)
class Selector:
    """Which relays are to go: by name, or by host and, unless it is ``None``, port."""

    name: str | None
    host: str | None
    port: int | None

    def matches(self, relay: Relay) -> bool:
        """Whether ``relay`` is one of them."""
        if self.name is not None:
            return relay.name == self.name
        return relay.hop.host == self.host and self.port in (None, relay.hop.port)


@dataclass(frozen=True)
class Request:
    """The relays of a group that are to be there. ``whole``: and no others of it. ``absent``: those that are to go."""

    present: tuple[Relay, ...] = ()
    whole: bool = False
    absent: Selector | None = None
    group: str = ""


def parse_request(options: Given) -> Request:
    """Return what the module's options ask for.

    Raises:
        InvalidValue: a value that cannot be taken.
        Conflict: options that contradict each other.
    """
    relays = options.get("relays")
    single = [key for key in _OF_ONE if options.get(key) not in (None, [])]
    absent = options.get("state", "present") == "absent"
    group = _name("group", options["group"]) if options.get("group") else ""
    if relays is not None:
        if single or absent:
            raise Conflict(
                f"relays is the whole list, and {single[0] if single else 'state: absent'} is of a single relay; "
                "give one of the two (relays: [] takes all of them out)"
            )
        return Request(_parse_list(relays, group), whole=True, group=group)
    if absent:
        if options.get("name") is None and options.get("host") is None:
            raise Conflict("state is absent, and neither name nor host says of which relay; give one of them")
        host, port = options.get("host"), options.get("port")
        name = options.get("name")
        return Request(
            absent=Selector(
                None if name is None else _name("name", name),
                None if host is None else parse_host("host", host),
                None if port is None else parse_port("port", port),
            ),
            group=group,
        )
    if options.get("host") is None:
        raise Conflict("neither host nor relays is given; give the relay's host, or the list of all relays")
    return Request((parse_relay(options, "", group),), group=group)


def parse_relay(given: Given, place: str, group: str = "") -> Relay:
    """Return the relay that the options in ``given`` describe; ``place`` stands ahead of their names in messages.

    Raises:
        InvalidValue: a value that cannot be taken; a password is never shown.
        Conflict: options that contradict each other.
    """
    if given.get("host") is None:
        raise Conflict(f"{place.rstrip('. ') or 'the relay'} has no host; give one")
    host = parse_host(f"{place}host", given["host"])
    implicit = given.get("implicit_tls")
    given_port = given.get("port")
    port = (465 if implicit else 587) if given_port is None else parse_port(f"{place}port", given_port)
    implicit = port == 465 if implicit is None else implicit
    name = given.get("name")
    name = default_name(host, port) if name is None else _name(f"{place}name", name)
    subject = f"{place}host {host}"
    username, password = _login(given, subject)
    tls = given.get("tls") or "secure"
    _check_tls(place, host, tls, implicit)
    mechanisms = _mechanisms(f"{place}mechanisms", given.get("mechanisms") or ())
    if mechanisms and username is None:
        raise Conflict(f"{subject}: mechanisms are given, and no username to log in with; give both or none")
    own = Hop(host, port, username, password)
    return Relay(
        name=name,
        hop=own,
        tls=tls,
        implicit_tls=implicit,
        mechanisms=mechanisms,
        match=_match(f"{place}match", given.get("match")),
        fallback=_fallback(place, given.get("fallback") or (), own, tls),
        ca_file=_ca_file(f"{place}ca_file", given.get("ca_file") or DEFAULT_CA_FILE),
        group=group,
    )


def parse_host(subject: str, value: object) -> str:
    """Return a host's name as lower-case A-labels, or its IP address, without brackets.

    Raises:
        InvalidValue: it is neither.
    """
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", "give a name such as smtp.provider.example")
    text = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    if "." not in text and _LABEL.fullmatch(text.lower()) and not text.isdigit():
        return text.lower()
    if re.search(r":\d+$", text):
        raise InvalidValue(subject, value, "has a port in it", "give the port in the option port")
    return parse_domain(text, subject)


def parse_port(subject: str, value: object) -> int:
    """Return ``value`` as a port.

    Raises:
        InvalidValue: no whole number from 1 to 65535.
    """
    try:
        port = int(str(value), 10)
    except ValueError:
        port = 0
    if isinstance(value, bool) or not 1 <= port <= 65535:
        raise InvalidValue(subject, value, "is no port", "give a number from 1 to 65535, such as 587")
    return port


def _parse_list(entries: object, group: str) -> tuple[Relay, ...]:
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise InvalidValue("relays", type(entries).__name__, "is no list", "give a list of relays")
    result: dict[str, Relay] = {}
    for number, entry in enumerate(entries, 1):
        relay = parse_relay(entry, f"relays[{number}] ", group)
        if relay.name in result:
            raise Conflict(
                f"relays[{number}] has the name {relay.name} as another one before it; "
                "give each a name of its own where host and port are the same"
            )
        result[relay.name] = relay
    return tuple(result.values())


def _name(subject: str, value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value.endswith(_INDEX_ENDS):
        raise InvalidValue(
            subject,
            value,
            "is not a name that a service of master.cf can have",
            "give at most 80 lower-case letters, digits, _, - and ., not ending in .lmdb or .db",
        )
    return value


def _login(given: Given, subject: str) -> tuple[str | None, str | None]:
    username, password = given.get("username"), given.get("password")
    if username is None and password is None:
        return None, None
    if password is None:
        raise Conflict(f"{subject}: username {username!r} has no password; give both or neither")
    if username is None:
        raise Conflict(f"{subject}: there is a password and no username; give both or neither")
    _check_login_text(f"username of {subject}", username, shown=True)
    _check_login_text(f"password of {subject}", password, shown=False)
    if ":" in username:
        raise InvalidValue(
            f"username of {subject}",
            username,
            "has a colon, at which Postfix ends a user's name (smtp_sasl_password_maps)",
            "ask the provider for a login without one",
        )
    return username, password


def _check_login_text(subject: str, value: object, *, shown: bool) -> None:
    told = value if shown else "(hidden)"
    if not isinstance(value, str):
        raise InvalidValue(subject, told, "is no text but what YAML made of one", "put it in quotes")
    if not value:
        raise InvalidValue(subject, told, "is empty")
    if _CONTROL.search(value):
        raise InvalidValue(subject, told, "has a line break or another control character", "give one line")
    if value != value.strip():
        raise InvalidValue(
            subject, told, "begins or ends with a space, which a lookup table cannot hold", "leave the spaces out"
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValue(subject, "(hidden)", "has a surrogate, which is no character", "give UTF-8") from None


def _check_tls(place: str, host: str, tls: str, implicit: bool) -> None:
    if tls not in TLS_LEVELS:
        raise InvalidValue(f"{place}tls", tls, "is unknown", f"give one of {', '.join(TLS_LEVELS)}")
    if implicit and tls == "may":
        raise Conflict(
            f"{place}tls is may, and implicit TLS knows no connection without: give encrypt, verify or secure"
        )
    if tls in VERIFYING and _is_address(host):
        raise InvalidValue(
            f"{place}host", host, f"is an address, and tls: {tls} judges a name", "give the name in the certificate"
        )


def _mechanisms(subject: str, values: Iterable[object]) -> tuple[str, ...]:
    result: dict[str, None] = {}
    for value in values:
        name = str(value).upper()
        if name in _TOKENS:
            raise InvalidValue(
                subject,
                value,
                "does not work: no package of Debian 12 or 13 gives Postfix a SASL mechanism for OAuth2 tokens",
                f"use an application password with one of {', '.join(MECHANISMS)}",
            )
        if name not in MECHANISMS:
            raise InvalidValue(subject, value, "is unknown", f"known are {', '.join(MECHANISMS)}")
        result[name] = None
    return tuple(result)


def _match(subject: str, given: Given | None) -> Match:
    if given is None:
        return Match()
    senders = _unique(f"{subject}.senders", given.get("senders"), lambda value, where: str(parse_address(value, where)))
    sender_domains = _unique(f"{subject}.sender_domains", given.get("sender_domains"), parse_domain)
    recipient_domains = _unique(f"{subject}.recipient_domains", given.get("recipient_domains"), _recipient_domain)
    if not (senders or sender_domains or recipient_domains):
        raise Conflict(
            f"{subject} names no mail: give senders, sender_domains or recipient_domains, "
            "or leave match out for all mail"
        )
    return Match(False, senders, sender_domains, recipient_domains)


def _recipient_domain(value: str, subject: str) -> str:
    """Return a domain, or ``.domain`` for all that is below it (transport(5))."""
    if isinstance(value, str) and value.startswith("."):
        return f".{parse_domain(value[1:], subject)}"
    return parse_domain(value, subject)


def _unique(subject: str, values: Sequence[str] | None, parse: Callable[[str, str], str]) -> tuple[str, ...]:
    return tuple(sorted({parse(value, subject) for value in values or ()}))


def _fallback(place: str, entries: Iterable[Given], own: Hop, tls: str) -> tuple[Hop, ...]:
    hops = [own]
    for number, entry in enumerate(entries, 1):
        where = f"{place}fallback[{number}] "
        if entry.get("host") is None:
            raise Conflict(f"{where.strip()} has no host; give one")
        host = parse_host(f"{where}host", entry["host"])
        given_port = entry.get("port")
        port = own.port if given_port is None else parse_port(f"{where}port", given_port)
        if tls in VERIFYING and _is_address(host):
            _check_tls(where, host, tls, False)
        username, password = _login(entry, f"{where}host {host}")
        if username is None:
            username, password = own.username, own.password
        hop = Hop(host, port, username, password)
        if hop.nexthop in [one.nexthop for one in hops]:
            raise Conflict(f"{where}is {hop.nexthop}, which is tried already; leave it out")
        hops.append(hop)
    return tuple(hops[1:])


def _ca_file(subject: str, value: object) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise InvalidValue(subject, value, "is no absolute path without spaces, commas, $ and braces")
    return value


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
