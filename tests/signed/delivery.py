# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivery platform of tests/cybermail at work on a host of its own, and what a test tells it and asks of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from behaviour.bed import ROOT, Host, wait_for

NAME = "platform.alpha.example"
URL = f"https://{NAME}/email/cp/"
_PROGRAM = ROOT / "tests" / "cybermail"
_DIRECTORY = "/opt/platform"
_UNIT = "platform.service"


class Delivery:
    """Runs from `start` to `stop`. It verifies domains by what the name server answers."""

    def __init__(self, host: Host, server: Host) -> None:
        self._host = host
        self._server = server

    def start(self) -> None:
        """Start it with nothing in it."""
        self.stop()
        self._host.run(f"mkdir -p /opt/cybermail {_DIRECTORY}")
        for file in sorted(_PROGRAM.glob("*.py")):
            self._host.run(f"cat > /opt/cybermail/{file.name}", file.read_text())
        options = f"--directory {_DIRECTORY} --name {NAME} --resolver {self._server.variables['ansible_host']}"
        unit = f"systemd-run --quiet --collect --unit={_UNIT} --working-directory=/opt"
        self._host.run(f"{unit} python3 -m cybermail {options}")
        # Its own name server is not asked.
        hosts = f"grep -q {NAME} /etc/hosts || echo 127.0.0.1 {NAME} >> /etc/hosts"
        self._host.run(hosts)
        wait_for("the platform answers", lambda: self._host.run(self._asking("state"), "{}", check=False))

    def stop(self) -> None:
        """End it."""
        self._host.run(f"systemctl stop {_UNIT} 2>/dev/null || true")

    @property
    def authority(self) -> str:
        """Return the certificate of its authority, PEM."""
        return self._host.run(f"cat {_DIRECTORY}/ca.pem")

    def ask(self, path: str, body: Any = None) -> Any:
        """Tell it something, or ask for what it knows; tests/cybermail/README.md has the paths."""
        return json.loads(self._host.run(self._asking(path), json.dumps(body or {})))

    def fail(self, endpoint: str, **fault: Any) -> None:
        """Have one endpoint fail from now on, and all others do their work."""
        self.ask("faults")
        self.ask("faults", {"endpoint": endpoint, "how": "status", **fault})

    def credential(self, description: str) -> dict[str, Any]:
        """Return the one credential that is called so."""
        [account] = self.ask("state").values()
        [found] = [one for one in account["credentials"] if one["description"] == description]
        return dict(found)

    def message(self, token: str) -> dict[str, Any]:
        """Return the message with ``token`` in its subject once it has come."""

        def came() -> list[dict[str, Any]]:
            return [one for one in self.ask("messages") if f"Subject: {token}" in one["data"]]

        [found] = wait_for(f"the message {token} comes to the platform", came)
        return found

    def _asking(self, path: str) -> str:
        return f"cd /opt && python3 -m cybermail.ask {Path(_DIRECTORY, 'ca.pem')} {URL} {path}"
