# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on one host, run against the platform, and what they must never say."""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .running import Running

Result = dict[str, Any]
RunModule = Callable[..., Result]
EMAIL = "postmaster@example.com"
PASSWORD = "the-password-nobody-may-see"
D = "example.com"
NAME = "mx1.example.net"


class Host:
    """The modules' options and files on one host."""

    def __init__(self, platform: Running, run_module: RunModule, directory: Path) -> None:
        self._platform = platform
        self._run = run_module
        self.key = directory / "key"
        self.password = directory / "password"
        self.state = directory / "lib" / "cybermail.json"

    def run(self, module: str, **options: Any) -> Result:
        """Run a module. Whatever it says, no secret stands in it that was not asked for."""
        given = {
            "email": EMAIL,
            "api_key_file": str(self.key),
            "api_url": self._platform.url,
            "ca_path": str(self._platform.ca_path),
            "timeout": 2,
            **options,
        }
        if module in ("account", "credential"):
            given.setdefault("state_file", str(self.state))
        before = self.secrets()
        result = self._run(f"cybermail_{module}", **given)
        told = json.dumps(result)
        if not options.get("return_api_key") and not options.get("return_password"):
            assert [secret for secret in before | self.secrets() if secret in told] == []
        if self.state.exists():
            assert [secret for secret in self.secrets() if secret in self.state.read_text()] == []
        result.pop("invocation", None)
        return result

    def secrets(self) -> set[str]:
        texts = {file.read_text().strip() for file in (self.key, self.password) if file.is_file()}
        return {PASSWORD, *texts, *(account.api_key for account in self._platform.store.accounts.values())} - {""}

    def connect(self, **options: Any) -> Result:
        return self.run("account", **{"password": PASSWORD, **options})

    def credential(self, **options: Any) -> Result:
        return self.run("credential", **{"description": NAME, "password_file": str(self.password), **options})

    def four(self, run: Callable[..., Result], **options: Any) -> Result:
        """Run it in check mode, for real, and both again; return the real run's result."""
        files = self.files()
        told = self._platform.store.told()
        predicted = run(**options, check=True)
        assert (predicted.get("msg"), predicted["changed"]) == (None, True)
        assert (self.files(), self._platform.store.told()) == (files, told)
        done = run(**options)
        assert (done.get("msg"), done["changed"], done["diff"]) == (None, True, predicted["diff"])
        files, told = self.files(), self._platform.store.told()
        for check in (True, False):
            again = run(**options, check=check)
            assert (again["changed"], again["diff"], again["unchecked"]) == (False, {"before": "", "after": ""}, [])
        assert (self.files(), self._platform.store.told()) == (files, told)
        same = {name: value for name, value in done.items() if name not in ("changed", "diff", "removed")}
        assert {name: again[name] for name in same} == same
        return done

    def files(self) -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in (self.key, self.password, self.state) if file.exists()}


def age(host: Host, by: timedelta) -> None:
    """Have the password issued ``by`` earlier."""
    document = json.loads(host.state.read_text())
    document["accounts"][EMAIL]["credentials"][NAME]["issued"] = (datetime.now(UTC) - by).isoformat()
    host.state.write_text(json.dumps(document))


def login(platform: Running, username: str, password: str) -> int:
    """Return what submission answers to a login."""
    context = ssl.create_default_context(cafile=platform.ca_path)
    with smtplib.SMTP("localhost", platform.smtp_port, timeout=5) as session:
        session.starttls(context=context)
        try:
            return session.login(username, password)[0]
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code
