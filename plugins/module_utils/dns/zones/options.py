# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of `dns_zone` to zones and TSIG keys: every name, address and number is checked here."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...core.addresses import parse_address
from ...core.errors import InvalidValue, Unavailable
from ..argspec import SOA, ZONE
from ..names import parse_name
from ..providers import key_name, read_secret
from ..zone import NotReached
from .model import SECONDARY, WantedKey, WantedZone

Given = Mapping[str, Any]

# RFC 2181, section 8; the times of a SOA record are compared with TTLs.
_LONGEST = 2**31 - 1
_PORT = re.compile(r"\[(?P<v6>[^\]]*)\]:(?P<port6>[0-9]{1,5})|(?P<v4>[^:]*):(?P<port4>[0-9]{1,5})", re.ASCII)
# Kinds that the API lets one set and that no option of ours stands for, beside those that begin with X-
# (https://doc.powerdns.com/authoritative/domainmetadata.html; tried with 4.7 and 4.9).
METADATA = (
    "ALLOW-DNSUPDATE-FROM",
    "AXFR-SOURCE",
    "FORWARD-DNSUPDATE",
    "GSS-ACCEPTOR-PRINCIPAL",
    "GSS-ALLOW-AXFR-PRINCIPAL",
    "IXFR",
    "NOTIFY-DNSUPDATE",
    "PUBLISH-CDNSKEY",
    "PUBLISH-CDS",
    "SLAVE-RENOTIFY",
    "SOA-EDIT",
    "SOA-EDIT-API",
    "SOA-EDIT-DNSUPDATE",
    "TSIG-ALLOW-DNSUPDATE",
)


def check_timeout(params: Given) -> None:
    """Refuse a time-out that is no time.

    Raises:
        InvalidValue: it is less than a second.
    """
    if params["timeout"] < 1:
        raise InvalidValue("timeout", params["timeout"], "is no time to wait", "give at least 1 second")


def wanted_zones(params: Given) -> list[WantedZone]:
    """Return the zones that the options ask for, in their order.

    Raises:
        InvalidValue: a value cannot be taken, two do not go together, or a zone is named twice.
    """
    entries = params["zones"]
    if entries is None:
        return [] if params["name"] is None else [_zone(params)]
    result: dict[str, WantedZone] = {}
    for entry in entries:
        given = {**{name: params[name] for name in ZONE}, **{n: v for n, v in entry.items() if v is not None}}
        zone = _zone(given)
        if zone.name in result:
            raise InvalidValue("zones", zone.name, "is named twice", "name each zone once")
        result[zone.name] = zone
    return list(result.values())


def _zone(given: Given) -> WantedZone:
    name = parse_name(given["name"], "name of a zone")
    subject = f"of zone {name}"
    zone = WantedZone(
        name=name,
        present=given["state"] == "present",
        kind=given["kind"],
        primaries=_each(given["primaries"], _server, f"primaries {subject}"),
        nameservers=_each(given["nameservers"], parse_name, f"nameservers {subject}"),
        soa=_soa(given["soa"] or {}, subject),
        ttl=None if given["ttl"] is None else _seconds(given["ttl"], f"ttl {subject}", least=0),
        dnssec=given["dnssec"],
        tsig_keys=_each(given["tsig_keys"], key_name, f"tsig_keys {subject}"),
        metadata=_metadata(given, subject),
        force=given["force"],
    )
    if zone.present:
        check_kind(zone, zone.kind)
    return zone


def check_kind(zone: WantedZone, kind: str | None) -> None:
    """Check that what is wanted of a zone goes together with what it is or becomes.

    Raises:
        InvalidValue: it does not.
    """
    if zone.nameservers == ():
        right = f"name its name servers, such as ns1.{zone.name}"
        raise InvalidValue(f"nameservers of zone {zone.name}", [], "is empty", right)
    if kind != SECONDARY:
        return
    if zone.primaries == ():
        right = "give the addresses of its primary servers"
        raise InvalidValue(f"primaries of zone {zone.name}", [], "is empty", right)
    own = {"nameservers": zone.nameservers, "soa": zone.soa or None, "ttl": zone.ttl, "dnssec": zone.dnssec}
    given = [name for name, value in own.items() if value is not None]
    if given:
        right = "leave it out here, and set it on the zone's primary server"
        raise InvalidValue(f"{given[0]} of zone {zone.name}", own[given[0]], "is for no Secondary", right)
    if zone.tsig_keys and len(zone.tsig_keys) > 1:
        right = "give the one that the primary servers allow"
        raise InvalidValue(f"tsig_keys of zone {zone.name}", list(zone.tsig_keys), "are several", right)


def _each(values: Iterable[str] | None, parse: Callable[[str, str], str], subject: str) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(parse(value, subject) for value in values))


def _server(value: str, subject: str) -> str:
    """Return the address of a server, with its port where it has one, as PowerDNS writes it."""
    match = _PORT.fullmatch(value)
    address, port = (match["v6"] or match["v4"], match["port6"] or match["port4"]) if match else (value, None)
    try:
        if port is None:
            return str(ipaddress.ip_address(address))
        if 1 <= int(port) <= 65535:
            version = 6 if match and match["v6"] else 4
            parsed = ipaddress.IPv6Address(address) if version == 6 else ipaddress.IPv4Address(address)
            return f"[{parsed}]:{int(port)}" if version == 6 else f"{parsed}:{int(port)}"
    except ValueError:
        pass
    right = "give one such as 192.0.2.1, 192.0.2.1:5300, 2001:db8::1 or [2001:db8::1]:5300"
    raise InvalidValue(subject, value, "is no address of a server", right)


def _network(value: str, subject: str) -> str:
    if value == "AUTO-NS":
        return value
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        right = "give one such as 192.0.2.0/24, 2001:db8::1 or AUTO-NS"
        raise InvalidValue(subject, value, "is no network", right) from error
    return str(network) if network.num_addresses > 1 else str(network.network_address)


def _seconds(value: int, subject: str, least: int = 1) -> int:
    if not least <= value <= _LONGEST:
        raise InvalidValue(subject, value, "is out of range", f"give seconds from {least} to {_LONGEST}")
    return value


def _soa(given: Given, subject: str) -> dict[str, str | int]:
    """Return the fields that are given; ``contact`` as the name that stands in the record."""
    result: dict[str, str | int] = {}
    for name, value in given.items():
        told = f"soa.{name} {subject}"
        if value is None:
            continue
        if name not in SOA:
            raise InvalidValue(f"soa {subject}", name, "is no field of it", f"known are {', '.join(SOA)}")
        if name == "primary":
            result[name] = parse_name(value, told)
        elif name == "contact":
            result[name] = _contact(value, told)
        else:
            result[name] = _seconds(value, told)
    return result


def _contact(value: str, subject: str) -> str:
    """Return the name for a mail address: its first label is the local part (RFC 1035, section 8)."""
    if "@" not in value:
        return parse_name(value, subject)
    address = parse_address(value, subject)
    local_part = address.local_part.replace(".", "\\.")
    return f"{local_part}.{address.domain}"


def _metadata(given: Given, subject: str) -> dict[str, tuple[str, ...]]:
    result: dict[str, tuple[str, ...]] = {}
    for kind, values in (given["metadata"] or {}).items():
        told = f"metadata {subject}"
        if kind not in METADATA and not str(kind).startswith("X-"):
            right = f"known are {', '.join(METADATA)} and those that begin with X-; others have options of their own"
            raise InvalidValue(told, kind, "is no kind that the API sets", right)
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise InvalidValue(f"{told}: {kind}", values, "is no list of texts", 'give a list such as ["1"]')
        result[kind] = tuple(dict.fromkeys(values))
    for option, kind, parse in (
        ("also_notify", "ALSO-NOTIFY", _server),
        ("allow_axfr_from", "ALLOW-AXFR-FROM", _network),
    ):
        values = _each(given[option], parse, f"{option} {subject}")
        if values is not None:
            result[kind] = values
    return result


def wanted_keys(params: Given) -> list[WantedKey]:
    """Return the TSIG keys that the options ask for, with the secrets that their files hold.

    Raises:
        InvalidValue: a name that is none, or one that is given twice.
        Unavailable: a file cannot be read or holds no secret. It is not told.
    """
    result: dict[str, WantedKey] = {}
    for given in params["server_tsig_keys"] or ():
        name = key_name(given["name"], "name in server_tsig_keys")
        if name in result:
            raise InvalidValue("server_tsig_keys", name, "is named twice", "name each key once")
        present = given["state"] == "present"
        if present and not given["secret_file"]:
            right = "give the file on the target that holds its secret, or is to hold it"
            raise InvalidValue("server_tsig_keys", name, "has no secret_file", right)
        secret = _secret(name, given["secret_file"]) if present else None
        result[name] = WantedKey(name, given["algorithm"], given["secret_file"] or "", present, secret)
    return list(result.values())


def _secret(name: str, path: str) -> str | None:
    option = f"secret_file of the TSIG key {name}"
    try:
        secret = read_secret("powerdns", option, path)
    except NotReached:
        return None
    try:
        base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unavailable(f"{option}: {path} holds no secret: it is not base64") from error
    return secret
