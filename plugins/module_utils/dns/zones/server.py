# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole zones and TSIG keys in a PowerDNS server, by its API."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...core.errors import Unavailable
from ...core.files import make_directories, write_atomic
from ..powerdns_api import PRIMARY_KINDS, PowerDnsApi, field, items, read_rrsets, relative
from .model import NATIVE, PRIMARY, SECONDARY, FoundKey, FoundZone, ZoneKey
from .plan import Step
from .plan_keys import KeyStep

_KINDS = {"native": NATIVE, "slave": SECONDARY, "secondary": SECONDARY, **dict.fromkeys(PRIMARY_KINDS, PRIMARY)}
# As long as the longest digest that a key may be used with (RFC 8945, section 6).
_SECRET_BYTES = 64
# SHA-1 is not to be published any more (RFC 8624, section 3.3).
_OLD_DIGEST = "1"
# The flags of a key that a parent zone points to: zone key and secure entry point (RFC 4034, section 2.1.1).
_ENTRY_POINT = "257"


class ZoneServer:
    """The zones and TSIG keys of one server."""

    def __init__(self, api: PowerDnsApi) -> None:
        self._api = api

    def read_zones(self, wanted: Mapping[str, bool]) -> dict[str, FoundZone]:
        """Return those of the zones ``wanted`` that the server has; the value says whether metadata are needed, too.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        ids = self._api.zone_ids()
        return {name: self._zone(name, ids[name], meta) for name, meta in wanted.items() if name in ids}

    def users_of_keys(self) -> list[FoundZone]:
        """Return all zones of the server without their data.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        return [self._bare(name, zone_id) for name, zone_id in self._api.zone_ids().items()]

    def read_bare(self, names: Iterable[str] | None) -> list[FoundZone]:
        """Return those of the zones ``names`` that the server has (all: ``None``), with their keys and without data.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        ids = self._api.zone_ids()
        found = [self._bare(name, ids[name]) for name in (ids if names is None else names) if name in ids]
        return [replace(zone, keys=self.keys(zone.name, zone.id) if zone.signed else ()) for zone in found]

    def _bare(self, name: str, zone_id: str) -> FoundZone:
        return _found(name, self._api.ask_zone("GET", zone_id, f"zone {name}", below="?rrsets=false"))

    def _zone(self, name: str, zone_id: str, with_metadata: bool) -> FoundZone:
        document = self._api.ask_zone("GET", zone_id, f"zone {name}")
        found = _found(name, document)
        rrsets, disabled = read_rrsets(document)
        metadata: dict[str, tuple[str, ...]] = {}
        if with_metadata:
            entries = self._api.ask_zone("GET", zone_id, f"zone {name}", below="/metadata")
            for entry in items(entries, "metadata"):
                metadata[str(field(entry, "kind"))] = tuple(map(str, items(field(entry, "metadata"), "metadata")))
        keys = self.keys(name, zone_id) if found.signed else ()
        return replace(found, rrsets=rrsets, disabled=disabled, metadata=metadata, keys=keys)

    def keys(self, name: str, zone_id: str) -> tuple[ZoneKey, ...]:
        """Return the keys of a zone that its parent zone may point to.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        result = []
        for key in items(self._api.ask_zone("GET", zone_id, f"zone {name}", below="/cryptokeys"), "keys"):
            dnskey = str(field(key, "dnskey"))
            if field(key, "active") and key.get("published", True) and dnskey.split()[0] == _ENTRY_POINT:
                records = [str(one) for one in items(field(key, "ds"), "DS records")]
                result.append(ZoneKey(dnskey, tuple(one for one in records if one.split()[2] != _OLD_DIGEST)))
        return tuple(result)

    def read_keys(self, names: Iterable[str]) -> dict[str, FoundKey]:
        """Return all TSIG keys of the server, with their secrets those that ``names`` has.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        wanted = {*names}
        result = {}
        for entry in items(self._api.ask("GET", "/tsigkeys", "the list of TSIG keys"), "a list of TSIG keys"):
            name, key_id = relative(field(entry, "name")), str(field(entry, "id"))
            secret = ""
            if name in wanted:
                path = f"/tsigkeys/{quote(key_id, safe='')}"
                document = self._api.ask("GET", path, f"the TSIG key {name}", secret=True)
                secret = str(document.get("key", "")) if isinstance(document, dict) else ""
            result[name] = FoundKey(name, key_id, str(field(entry, "algorithm")), secret)
        return result

    def set_key(self, step: KeyStep) -> None:
        """Make what ``step`` says of a TSIG key: its file first, which is the only other place that has the secret.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`, or the file cannot be written.
        """
        want, found = step.wanted, step.found
        what = f"the TSIG key {want.name}"
        path = f"/tsigkeys/{quote(found.id, safe='')}" if found else "/tsigkeys"
        secret = want.secret or (found.secret if found else "") or _new_secret()
        if step.writes:
            _write(want.secret_file, secret)
        document = {"name": want.name, "algorithm": want.algorithm, "key": secret}
        if step.removes:
            self._api.ask("DELETE", path, what)
        elif step.sets and found and found.algorithm == want.algorithm:
            self._api.ask("PUT", path, what, document, secret=True)
        elif step.sets:
            if found:
                # Another algorithm would be put beside the old one, which is then still the one that is found.
                self._api.ask("DELETE", path, what)
            self._api.ask("POST", "/tsigkeys", what, document, secret=True)

    def converge(self, step: Step) -> None:
        """Make what ``step`` says of a zone; who has to know of it is told then.

        Raises:
            MailwrightError: as `PowerDnsApi.ask`.
        """
        want, found = step.wanted, step.found
        what = f"zone {want.name}"
        zone_id = found.id if found else f"{want.name}."
        if step.removes:
            self._api.ask_zone("DELETE", zone_id, what)
            return
        if step.create:
            self._api.ask("POST", "/zones", what, step.create)
        if step.settings:
            self._api.ask_zone("PUT", zone_id, what, step.settings)
        if step.rrsets:
            self._api.ask_zone("PATCH", zone_id, what, {"rrsets": step.patches})
        for kind, values in step.metadata.items():
            below = f"/metadata/{quote(kind, safe='')}"
            self._api.ask_zone("PUT", zone_id, what, {"metadata": list(values)}, below)
        self._tell(step, zone_id)

    def _tell(self, step: Step, zone_id: str) -> None:
        kind = (step.after or {}).get("kind")
        if kind == PRIMARY:
            self._api.notify(zone_id)
        elif kind == SECONDARY:
            self._api.retrieve(zone_id)


def make_server(params: Mapping[str, Any], key: str) -> ZoneServer:
    """Return the server that the options name; nothing is connected yet.

    Raises:
        InvalidValue: ``api_url`` is none.
    """
    return ZoneServer(PowerDnsApi(params["api_url"], key, params["server_id"], params["timeout"]))


def _found(name: str, document: Any) -> FoundZone:
    kind = str(field(document, "kind"))

    def names(option: str) -> tuple[str, ...]:
        return tuple(relative(one) for one in items(field(document, option), option))

    return FoundZone(
        name=name,
        id=str(field(document, "id")),
        kind=_KINDS.get(kind.lower(), kind),
        primaries=tuple(str(one) for one in items(field(document, "masters"), "masters")),
        allowed=names("master_tsig_key_ids"),
        asked=names("slave_tsig_key_ids"),
        soa_edit=str(field(document, "soa_edit")),
        soa_edit_api=str(field(document, "soa_edit_api")),
        signed=bool(field(document, "dnssec")),
    )


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _write(path: str, secret: str) -> None:
    try:
        make_directories(Path(path).parent, mode=0o700)
    except OSError as error:
        raise Unavailable(f"secret_file: {path} cannot be written: {error.strerror}") from error
    write_atomic(path, f"{secret}\n".encode(), mode=0o600)
