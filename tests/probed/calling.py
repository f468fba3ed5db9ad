# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes with options as a module hands them over, against servers of `server`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.probe import call
from ansible_collections.mailwright.mail.plugins.module_utils.probe.argspec import COMMON, IMAP, SMTP

from .imap import Imap
from .pop3 import Pop3
from .server import Probed
from .sieve import Sieve
from .smtp import Smtp

SERVERS = {"smtp": Smtp, "imap": Imap, "pop3": Pop3, "sieve": Sieve}
_PROBES = {
    "smtp": (call.probe_smtp, SMTP),
    "imap": (call.probe_imap, IMAP),
    "pop3": (call.probe_pop3, COMMON),
    "sieve": (call.probe_sieve, COMMON),
}
# What no probe of these tests may take, in seconds; a busy machine is slow, too.
_LONGEST = 15.0

Serve = Callable[..., Probed]
Probe = Callable[..., dict[str, Any]]


def run(ca_file: Path, protocol: str, server: Probed | int, **given: Any) -> dict[str, Any]:
    """Probe ``server``, or a port, with the login that servers take, and see that the result is as it has to be."""
    function, spec = _PROBES[protocol]
    params = {name: one.get("default") for name, one in spec.items()}
    params |= {"host": "localhost", "address": "127.0.0.1", "tls": "starttls", "ca_path": str(ca_file)}
    params |= {"timeout": 5, "budget": 12, "username": "alice@example.com", "password": "correct horse battery"}
    params["port"] = server.port if isinstance(server, Probed) else server
    params |= given
    begin = time.monotonic()
    result = function(params)
    assert time.monotonic() - begin < _LONGEST
    assert result["success"] is all(step["success"] for step in result["steps"])
    assert result["logs"][-1].startswith("✓" if result["success"] else "✗")
    if params["password"]:
        assert params["password"] not in str(result)
    return result


def names(result: dict[str, Any]) -> list[str]:
    """Return the names of the steps."""
    return [step["name"] for step in result["steps"]]


def failed(result: dict[str, Any]) -> str:
    """Return the step that ended the probe, after which there is none."""
    assert not result["success"]
    last = result["steps"][-1]
    assert [step["name"] for step in result["steps"] if not step["success"]] == [last["name"]]
    assert result["message"].startswith(f"{last['name']}: {last['message'][:400]}")
    return str(last["name"])
