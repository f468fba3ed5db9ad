# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones in PowerDNS's authoritative server, by its HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..core.errors import Conflict, MailwrightError, Unavailable, shown
from .json_client import Answer, JsonClient
from .names import closest
from .zone import Content, Key, RRset, RRsetChange, Zone

_SECONDARY = ("slave", "secondary", "consumer")


@dataclass(frozen=True)
class _Handle:
    """The server's own name of a zone, and the contents in it that are switched off and answered to nobody."""

    id: str
    disabled: dict[Key, list[str]]


class PowerDns:
    """The zones of one server. The list of zones is asked for once, each zone once, and written once."""

    def __init__(self, url: str, key: str, server_id: str = "localhost", timeout: float = 10) -> None:
        """Name the server; nothing is connected yet.

        Raises:
            InvalidValue: ``url`` is none.
        """
        self._client = JsonClient(url, {"X-API-Key": key}, timeout, "PowerDNS's API")
        self._root = f"/api/v1/servers/{quote(server_id, safe='')}/zones"
        self._server_id = server_id
        self._ids: dict[str, str] | None = None

    def find(self, names: set[str]) -> dict[str, str]:
        """Return the zone of each of ``names`` that the server has.

        Raises:
            MailwrightError: as `_ask`.
        """
        if self._ids is None:
            zones = self._ask("GET", "?dnssec=false", "the list of zones")
            self._ids = {
                _relative(_field(zone, "name")): _field(zone, "id") for zone in _list(zones, "a list of zones")
            }
        found = {name: closest(name, self._ids) for name in names}
        return {name: zone for name, zone in found.items() if zone is not None}

    def read(self, zone: str) -> Zone:
        """Return the data of ``zone``.

        Raises:
            Conflict: the server is only a secondary of it.
            MailwrightError: as `_ask`.
        """
        ids = self._ids or {}
        document = self._ask("GET", f"/{quote(ids.get(zone, f'{zone}.'), safe='=')}", f"zone {zone}")
        kind = str(_field(document, "kind"))
        if kind.lower() in _SECONDARY:
            raise Conflict(
                f"zone {zone}: this server is only a {kind} of it; run the module on the zone's primary server"
            )
        rrsets: dict[Key, RRset] = {}
        disabled: dict[Key, list[str]] = {}
        for rrset in _list(_field(document, "rrsets"), "RRsets"):
            key = _relative(_field(rrset, "name")), str(_field(rrset, "type"))
            contents = []
            for record in _list(_field(rrset, "records"), "records"):
                content = str(_field(record, "content"))
                if record.get("disabled"):
                    disabled.setdefault(key, []).append(content)
                else:
                    contents.append(Content.found(key[1], content))
            if contents:
                rrsets[key] = RRset(int(_field(rrset, "ttl")), tuple(contents))
        return Zone(zone, bool(document.get("dnssec")), rrsets, _Handle(str(_field(document, "id")), disabled))

    def write(self, zone: Zone, changes: list[RRsetChange]) -> None:
        """Make all ``changes``, in one request; the server takes all of them or none.

        Raises:
            MailwrightError: as `_ask`.
        """
        handle: _Handle = zone.handle
        patches = [_patch(change, handle.disabled.get((change.name, change.type), [])) for change in changes]
        self._ask("PATCH", f"/{quote(handle.id, safe='=')}", f"zone {zone.name}", {"rrsets": patches})

    def _ask(self, method: str, path: str, what: str, document: Any = None) -> Any:
        """Return the body of the answer to a request that concerns ``what``.

        Raises:
            Unavailable: no such answer: the key is refused, the server has no such thing, refuses the data, fails or
                does not answer.
        """
        answer = self._client.request(method, self._root + path, document)
        if answer.status in (200, 201, 204):
            return answer.document
        raise self._refusal(answer, what)

    def _refusal(self, answer: Answer, what: str) -> MailwrightError:
        told = f"PowerDNS's API at {self._client.url}: {what}"
        reason = _reason(answer)
        if answer.status in (401, 403):
            return Unavailable(f"{told}: the key is refused ({answer.status}); correct what api_key_file holds")
        if answer.status == 404:
            remedy = "correct server_id or api_url"
            if what.startswith("zone "):
                remedy = f"create it, for example with: pdnsutil create-zone {what[5:]} ns1.{what[5:]}"
            return Unavailable(f"{told}: is not there (404{reason}); {remedy}")
        if answer.status == 422:
            return Conflict(f"{told}: the change is refused as a whole (422{reason}); nothing was changed in it")
        return Unavailable(f"{told}: the server answers {answer.status}{reason}")


def _patch(change: RRsetChange, disabled: list[str]) -> dict[str, Any]:
    """Return the change of one RRset; what somebody has disabled in it stays there, disabled."""
    after = () if change.after is None else change.after.contents
    records = [{"content": content.raw, "disabled": False} for content in after]
    records += [{"content": content, "disabled": True} for content in disabled]
    patch: dict[str, Any] = {"name": f"{change.name}.", "type": change.type}
    if not records:
        return {**patch, "changetype": "DELETE"}
    rrset = change.after or change.before
    return {**patch, "changetype": "REPLACE", "ttl": rrset.ttl if rrset else 0, "records": records}


def _relative(name: object) -> str:
    return str(name).lower().removesuffix(".")


def _field(document: Any, name: str) -> Any:
    if not isinstance(document, dict) or name not in document:
        raise Unavailable(
            f"PowerDNS's API: an answer without {name}, so it is none of PowerDNS's: {shown(document)}; correct api_url"
        )
    return document[name]


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unavailable(f"PowerDNS's API: {shown(value)} instead of {what}; correct api_url")
    return value


def _reason(answer: Answer) -> str:
    document = answer.document
    if isinstance(document, dict):
        texts = [str(document["error"])] if document.get("error") else []
        texts += [str(one) for one in document.get("errors") or []]
        return f": {shown('; '.join(texts), 400)}" if texts else ""
    return f": {document}" if isinstance(document, str) else ""
