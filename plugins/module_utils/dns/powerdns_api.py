# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS's HTTP API: requests to one server, its refusals with their remedy, and answers that have to fit.

Source: PowerDNS Authoritative Server, "Built-in Webserver and HTTP API".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ..core.errors import Conflict, MailwrightError, Unavailable, shown
from .json_client import Answer, JsonClient
from .zone import Content, Key, RRset, RRsetChange

# What the API calls kinds, in lower case, of zones that a server takes over from another one.
SECONDARY_KINDS = ("slave", "secondary", "consumer")
PRIMARY_KINDS = ("master", "primary")


class PowerDnsApi:
    """The API of one server."""

    def __init__(self, url: str, key: str, server_id: str, timeout: float) -> None:
        """Name the server; nothing is connected yet.

        Raises:
            InvalidValue: ``url`` is none.
        """
        self._client = JsonClient(url, {"X-API-Key": key}, timeout, "PowerDNS's API")
        self._root = f"/api/v1/servers/{quote(server_id, safe='')}"

    def ask(self, method: str, path: str, what: str, document: Any = None, *, secret: bool = False) -> Any:
        """Return the body of the answer to a request that concerns ``what``; ``path`` is below the server's own.

        ``secret``: no part of an answer may be shown.

        Raises:
            Conflict: the server refuses the data.
            Unavailable: the key is refused, the server has no such thing, fails or does not answer.
        """
        answer = self._client.request(method, self._root + path, document, secret=secret)
        if answer.status in (200, 201, 204):
            return answer.document
        raise self._refusal(answer, what)

    def ask_zone(self, method: str, zone_id: str, what: str, document: Any = None, below: str = "") -> Any:
        """Return the body of the answer to a request for the zone that the server calls ``zone_id``.

        Raises:
            MailwrightError: as `ask`.
        """
        return self.ask(method, f"/zones/{quote(zone_id, safe='=')}{below}", what, document)

    def zone_ids(self) -> dict[str, str]:
        """Return the server's own name of each of its zones, by the zone's name.

        Raises:
            MailwrightError: as `ask`.
        """
        zones = self.ask("GET", "/zones?dnssec=false", "the list of zones")
        return {relative(field(zone, "name")): field(zone, "id") for zone in items(zones, "a list of zones")}

    def notify(self, zone_id: str) -> None:
        """Have the secondaries of a zone told of a change now."""
        self._hasten(zone_id, "/notify")

    def retrieve(self, zone_id: str) -> None:
        """Have a zone fetched from its primary server now."""
        self._hasten(zone_id, "/axfr-retrieve")

    def _hasten(self, zone_id: str, below: str) -> None:
        """Ask for what the server itself does at its next look at its zones.

        Where it cannot now, as it finds no address of a secondary for example, nothing is lost, and nothing is wrong.
        """
        with contextlib.suppress(MailwrightError):
            self.ask_zone("PUT", zone_id, "the zone", below=below)

    def _refusal(self, answer: Answer, what: str) -> MailwrightError:
        told = f"PowerDNS's API at {self._client.url}: {what}"
        reason = _reason(answer)
        if answer.status in (401, 403):
            return Unavailable(f"{told}: the key is refused ({answer.status}); correct what api_key_file holds")
        if answer.status == 404:
            remedy = "correct server_id or api_url"
            if what.startswith("zone "):
                remedy = "create it with mailwright.mail.dns_zone"
            return Unavailable(f"{told}: is not there (404{reason}); {remedy}")
        if answer.status == 422:
            return Conflict(f"{told}: the change is refused as a whole (422{reason}); nothing was changed in it")
        return Unavailable(f"{told}: the server answers {answer.status}{reason}")


def read_rrsets(document: Any) -> tuple[dict[Key, RRset], dict[Key, list[str]]]:
    """Return a zone's RRsets, and the contents that somebody has disabled, so that they are answered to nobody.

    Raises:
        Unavailable: this is no zone of PowerDNS's.
    """
    rrsets: dict[Key, RRset] = {}
    disabled: dict[Key, list[str]] = {}
    for rrset in items(field(document, "rrsets"), "RRsets"):
        key = relative(field(rrset, "name")), str(field(rrset, "type"))
        contents = []
        for record in items(field(rrset, "records"), "records"):
            content = str(field(record, "content"))
            if record.get("disabled"):
                disabled.setdefault(key, []).append(content)
            else:
                contents.append(Content.found(key[1], content))
        if contents:
            rrsets[key] = RRset(int(field(rrset, "ttl")), tuple(contents))
    return rrsets, disabled


def patch(change: RRsetChange, disabled: Iterable[str] = ()) -> dict[str, Any]:
    """Return the change of one RRset as the API takes it; what somebody has disabled in it stays there, disabled."""
    after = () if change.after is None else change.after.contents
    records = [{"content": content.raw, "disabled": False} for content in after]
    records += [{"content": content, "disabled": True} for content in disabled]
    result: dict[str, Any] = {"name": f"{change.name}.", "type": change.type}
    if not records:
        return {**result, "changetype": "DELETE"}
    rrset = change.after or change.before
    return {**result, "changetype": "REPLACE", "ttl": rrset.ttl if rrset else 0, "records": records}


def relative(name: object) -> str:
    """Return a name of the API as ours: lower case, without the last dot."""
    return str(name).lower().removesuffix(".")


def field(document: Any, name: str) -> Any:
    """Return a field of an answer. Not for answers with secrets: what lacks the field is shown.

    Raises:
        Unavailable: it is not there, so that this is no answer of PowerDNS's.
    """
    if not isinstance(document, dict) or name not in document:
        raise Unavailable(
            f"PowerDNS's API: an answer without {name}, so it is none of PowerDNS's: {shown(document)}; correct api_url"
        )
    return document[name]


def items(value: Any, what: str) -> list[Any]:
    """Return a list of an answer.

    Raises:
        Unavailable: it is none.
    """
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
