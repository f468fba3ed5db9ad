# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of mail between all mail hosts, and what became of each message (remote/dkim_stream.py, dkim_watch.py)."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from behaviour.bed import Host, wait_for

# So many seconds after it has come, a message is verified once more, as by a receiver that was slow.
LATER_SECONDS = 5


@dataclass(frozen=True)
class Told:
    """What is known of a stream, by the host that signed. Times are seconds since 1970.

    ``sent``: when each message was accepted, by token; ``refused``: what the submission service said instead, before it
    accepted the same message; ``seen``: the messages as they came, ``records``: what the name server showed of each
    selector and from when on, ``controls``: what the judge said of what is wrong; ``unanswered``: questions to DNS
    without an answer.
    """

    sent: dict[str, dict[str, float]]
    refused: dict[str, list[str]]
    seen: dict[str, list[dict[str, Any]]]
    records: dict[str, dict[str, list[tuple[str, float]]]]
    controls: dict[str, dict[str, list[str]]]
    unanswered: dict[str, list[str]]

    def faults(self, host: str) -> list[str]:
        """Return what is wrong with the messages that a host signed."""
        return [fault for message in self.seen[host] for fault in message["faults"]]

    def behind(self, host: str) -> float:
        """Return how many seconds after it had come a message of a host was verified at the latest.

        On a machine with too much to do this grows, and the verdicts are those of another moment then.
        """
        return max((message["behind"] for message in self.seen[host]), default=0.0)

    def rate(self, host: str) -> float:
        """Return how many messages of a host were accepted each second."""
        times = sorted(self.sent[host].values())
        return (len(times) - 1) / (times[-1] - times[0])

    def pause(self, host: str) -> float:
        """Return how many seconds went by at most without a message of a host."""
        times = sorted(self.sent[host].values())
        return max(later - sooner for sooner, later in itertools.pairwise(times))


class Stream:
    """A stream that runs until `end`."""

    def __init__(self, hosts: Mapping[str, Host], server: Host, rate: float) -> None:
        """Start it: ``rate`` messages a second from each host to the next one."""
        self.hosts, self.names = hosts, list(hosts)
        self.watches = {name: self._watch(name, server) for name in self.names}
        self.sender = server.start_program(
            "dkim_stream.py", json.dumps({"rate": rate, "senders": [self._sender(name) for name in self.names]}) + "\n"
        )

    def _next(self, name: str) -> Host:
        """Return who gets the mail of a host."""
        return self.hosts[self.names[(self.names.index(name) + 1) % len(self.names)]]

    def _domain(self, host: Host) -> str:
        return str(host.variables["own_domain"])

    def _sender(self, name: str) -> dict[str, str]:
        host = self.hosts[name]
        return {
            "address": host.variables["ansible_host"],
            "name": f"mx.{self._domain(host)}",
            "ca": host.run("cat /etc/mailwright/ca/ca.pem"),
            "login": f"writer@{self._domain(host)}",
            "password": "writes-to-the-other",
            "recipient": f"reader@{self._domain(self._next(name))}",
        }

    def _watch(self, name: str, server: Host) -> subprocess.Popen[bytes]:
        receiver = self._next(name)
        address = f"reader@{self._domain(receiver)}"
        wanted = {
            "maildir": receiver.run(f"doveadm user -f home {address}").strip() + "/mail",
            "server": server.variables["ansible_host"],
            "later": LATER_SECONDS,
            "authority": f"mx.{self._domain(receiver)}",
            "domain": self._domain(self.hosts[name]),
            "prefix": name,
        }
        process = receiver.start_program("dkim_watch.py", json.dumps(wanted) + "\n")
        assert process.stdout and process.stdout.readline() == b"watching\n", "the watch did not begin"
        return process

    def check(self) -> None:
        """Fail if one of the programs has ended."""
        for process in (self.sender, *self.watches.values()):
            assert process.poll() is None, f"{process.args}: status {process.returncode}"

    def end(self) -> Told:
        """End the stream, wait until all has come, and return what became of it."""
        said = json.loads(_ended(self.sender))
        # Dovecot takes so many messages for a user at a time, and Postfix lets the others wait for minutes.
        look = "postqueue -f; postqueue -j"
        for host in self.hosts.values():
            wait_for(f"{host.name}'s queue is empty", lambda host=host: not host.run(look), 60)
        told = {name: json.loads(_ended(process)) for name, process in self.watches.items()}
        logins = {name: f"writer@{self._domain(host)}" for name, host in self.hosts.items()}
        return Told(
            {name: said["sent"][login] for name, login in logins.items()},
            {name: said["refused"][login] for name, login in logins.items()},
            *({name: one[what] for name, one in told.items()} for what in ("messages", "records", "controls")),
            {name: one["unanswered"] for name, one in told.items()},
        )


def _ended(process: subprocess.Popen[bytes]) -> bytes:
    """Close a program's standard input and return what it then writes."""
    written, _errors = process.communicate(timeout=120)
    assert process.returncode == 0, f"{process.args}: status {process.returncode}"
    return written
