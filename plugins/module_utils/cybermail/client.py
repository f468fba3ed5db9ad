# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's API as it is spoken: JSON in, an envelope with ``success`` and ``data`` out, and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..core.errors import MailwrightError, Unavailable, shown
from ..core.json_api import parse_body
from .errors import Declined, KeyRefused, NoAnswer, NotThere, ServerFailed, TooMany
from .https import Raw, Tls, post
from .retry import Repeat, pause_before

SUBJECT = "CyberMail's API"
HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Server:
    """Where the API is and how it is asked: ``timeout`` in seconds for each try, ``retries`` after the first try."""

    url: str
    timeout: float = 30
    retries: int = 3
    tls: Tls = field(default_factory=Tls)


class Client:
    """Asks one server. The key goes into a header and nowhere else; it is cut out of all that is told."""

    def __init__(
        self, server: Server, key: str = "", hidden: Iterable[str] = (), sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Name the server; nothing is connected yet. ``hidden`` are further secrets that no message may hold."""
        self._server = server
        self._key = key
        self._hidden = [secret for secret in (key, *hidden) if secret]
        self._sleep = sleep

    def ask(
        self, endpoint: str, body: Mapping[str, Any], what: str, repeat: Repeat = Repeat.ALWAYS, *, secret: bool = False
    ) -> Any:
        """Return what is in the envelope that ``endpoint`` answers to ``body``, as the platform calls its fields.

        ``what`` names for messages what is asked about. ``secret`` says that the answer may hold one.

        Raises:
            MailwrightError: each of the kinds in `errors`, after the tries that ``repeat`` allows.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return self._once(endpoint, body, what, secret)
            except MailwrightError as error:
                pause = pause_before(error, repeat, tried, datetime.now(UTC))
                if pause is None or tried > self._server.retries:
                    if tried == 1:
                        raise
                    raise _again(error, tried) from error
                self._sleep(pause)

    def _once(self, endpoint: str, body: Mapping[str, Any], what: str, secret: bool) -> Any:
        told = f"{SUBJECT} at {self._server.url}: {what}"
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        url = f"{self._server.url}/{endpoint}"
        raw = post(url, headers, json.dumps(body).encode(), self._server.timeout, self._server.tls, told)
        try:
            document = parse_body(raw.content, raw.status, told, SUBJECT, secret=secret)
        except Unavailable as error:
            raise NoAnswer(self._clean(str(error))) from error
        if not 200 <= raw.status < 300:
            raise self._refusal(raw, document, told)
        return self._opened(document, told, secret)

    def _opened(self, document: Any, told: str, secret: bool) -> Any:
        if not isinstance(document, dict) or not isinstance(document.get("success"), bool):
            start = "something secret" if secret else self._clean(shown(document))
            raise NoAnswer(f"{told}: the answer says nothing of success: {start}; correct api_url")
        if not document["success"]:
            raise Declined(f"{told}: is declined{self._reason(document)}")
        if "data" in document:
            return document["data"]
        return {name: value for name, value in document.items() if name != "success"}

    def _refusal(self, raw: Raw, document: Any, told: str) -> MailwrightError:
        reason = self._reason(document)
        told_status = f"{told}: the server answers {raw.status}{reason}"
        retry_after = raw.headers.get("retry-after")
        if raw.status == 401:
            remedy = (
                "connect again with cybermail_account, or correct what api_key_file holds"
                if self._key
                else "correct email or password"
            )
            what = "the API key" if self._key else "the login"
            return KeyRefused(f"{told}: {what} is refused ({raw.status}{reason}); {remedy}")
        if raw.status == 404:
            return NotThere(f"{told}: is not there (404{reason}); correct what it names, or api_url")
        if raw.status == 429:
            asked = f"; it asks to wait {shown(retry_after)}" if retry_after else ""
            return TooMany(f"{told}: there were too many requests (429{reason}){asked}; run again later", retry_after)
        if raw.status >= 500:
            return ServerFailed(told_status, retry_after)
        if 300 <= raw.status < 400:
            place = shown(self._clean(raw.headers.get("location", "")))
            return Unavailable(
                f"{told}: is redirected to {place} ({raw.status}), which is not followed; correct api_url"
            )
        return Declined(told_status)

    def _reason(self, document: Any) -> str:
        """Return the server's own words, where it says any."""
        if isinstance(document, dict):
            for name in ("error", "error_message", "message", "detail"):
                if isinstance(document.get(name), str) and document[name]:
                    return f": {shown(self._clean(document[name]), 400)}"
        return f": {self._clean(document)}" if isinstance(document, str) else ""

    def _clean(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return text


def _again(error: MailwrightError, tried: int) -> MailwrightError:
    """Return an error of the same kind that says how often it was tried."""
    message = f"{error} (tried {tried} times)"
    if isinstance(error, (ServerFailed, TooMany)):
        return type(error)(message, error.retry_after)
    return type(error)(message)
