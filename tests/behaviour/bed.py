# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioned hosts, as the inventories in ``MAILWRIGHT_INVENTORY`` name them, and how a test reaches them."""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
_LEFT_OUT = "ANSIBLE_SKIP_TAGS"
_POLL_SECONDS = 0.1
_T = TypeVar("_T")


class NoBed(Exception):
    """There are no hosts to test; the text says what is missing."""


def inventories() -> list[str]:
    """Return the inventories to use, from the environment variable (separated by ``:``)."""
    names = [name for name in os.environ.get("MAILWRIGHT_INVENTORY", "").split(os.pathsep) if name]
    if not names:
        raise NoBed("set MAILWRIGHT_INVENTORY to the inventories of provisioned hosts (see docs/testing.md)")
    return [str(Path(name).resolve()) for name in names]


def ansible(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs with the inventories, in the project's root, whatever the caller's settings.

    But for those that say what a scenario does without (``ANSIBLE_SKIP_TAGS``).
    """
    options = [f"--inventory={name}" for name in inventories()]
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_") or name == _LEFT_OUT
    }
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "tree"),
        "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
        "ANSIBLE_HOST_KEY_CHECKING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_NOCOWS": "true",
        "ANSIBLE_PIPELINING": "true",
    }
    return subprocess.run(
        [command[0], *options, *command[1:]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env={**inherited, **settings, **(environment or {})},
        check=False,
    )


def wait_for(what: str, condition: Callable[[], _T], seconds: float = PATIENCE_SECONDS) -> _T:
    """Return what ``condition`` returns as soon as that is true.

    Raises:
        AssertionError: it does not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(_POLL_SECONDS)
    return value


@dataclass(frozen=True)
class Host:
    """A host reached over one lasting SSH connection."""

    name: str
    variables: dict[str, Any] = field(repr=False, compare=False)
    sockets: Path = field(repr=False, compare=False)

    @property
    def _ssh(self) -> list[str]:
        return [
            "ssh", "-i", self.variables["ansible_ssh_private_key_file"],
            *self.variables["ansible_ssh_common_args"].split(),
            "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-o", f"ControlPath={self.sockets}/%C",
            f"{self.variables['ansible_user']}@{self.variables['ansible_host']}",
        ]  # fmt: skip

    def run(self, command: str, text: str = "", check: bool = True) -> str:
        """Run a shell command with ``text`` on its standard input and return what it writes to standard output."""
        result = subprocess.run([*self._ssh, command], input=text.encode(), capture_output=True, check=False)
        if check:
            assert result.returncode == 0, f"{self.name}: {command}: {result.stderr.decode('utf-8', 'replace')}"
        return result.stdout.decode("utf-8", "replace")

    def program(self, name: str, text: str = "") -> Any:
        """Run ``remote/NAME`` on the host with ``text`` on its standard input; return the JSON that it writes."""
        return json.loads(self.run(self.put(name), text))

    def start_program(self, name: str, text: str) -> subprocess.Popen[bytes]:
        """Start the program beside the test and give it ``text``; its standard input stays open."""
        command = [*self._ssh, self.put(name)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin
        process.stdin.write(text.encode())
        process.stdin.flush()
        return process

    def put(self, name: str) -> str:
        """Copy the program to the host and return the command that runs it."""
        target = f"/root/{name}"
        self.run(f"cat > {target}", (Path(__file__).with_name("remote") / name).read_text())
        return f"python3 {target}"


@dataclass(frozen=True)
class MailHost(Host):
    """A host of the group ``mail_hosts``; ``database`` is where its accounts are, if they are in PostgreSQL."""

    database: Host | None = field(default=None, repr=False, compare=False)

    @property
    def fqdn(self) -> str:
        return str(self.variables["mail_hostname"])

    @functools.cached_property
    def ca(self) -> str:
        """The authority that its certificates are of, PEM."""
        return self.run("cat /etc/mailwright/ca/ca.pem")

    @property
    def mailboxes(self) -> dict[str, dict[str, Any]]:
        """The mailboxes of the inventory, by address."""
        return {entry["address"]: entry for entry in self.variables["bed_mailboxes"]}

    def login(self, address: str) -> dict[str, str]:
        """Return what a client of the mailbox logs in with."""
        entry = self.mailboxes[address]
        return {"address": address, "password": entry.get("password", "whatever")}

    def postmap(self, parameter: str, key: str) -> str:
        """Return what Postfix finds for ``key`` in the tables that ``parameter`` names, of whatever type they are."""
        words = re.split(r"[,\s]+", self.run(f"postconf -xh {parameter}"))
        tables = [word for word in words if "/" in word and not word.startswith("unix:")]
        assert tables, f"{parameter} names no tables"
        found = self.run(f"postmap -q - {' '.join(map(shlex.quote, tables))} || test $? = 1", f"{key}\n")
        return found.rstrip("\n").rpartition("\t")[2]

    @property
    def passwords(self) -> list[str]:
        """The mailboxes' passwords."""
        return [entry["password"] for entry in self.mailboxes.values() if "password" in entry]

    @property
    def database_passwords(self) -> list[str]:
        """The passwords of the database's roles."""
        database = self.variables.get("mail_accounts_database", {})
        return [text for name, text in database.items() if name.endswith("password")]

    def accounts_text(self) -> str:
        """Return all that the account store holds and all that services read of it, as programs of others tell it."""
        return dump(self.database) if self.database else str(self.program("accounts_text.py"))

    def state(self) -> dict[str, str]:
        """Return all that a run of site.yml could change, so that two moments can be compared."""
        state: dict[str, str] = self.program("state.py")
        if self.database:
            state["the database"] = dump(self.database)
            state["the database's host"] = json.dumps(self.database.program("state.py"))
        return state

    def queue(self) -> list[dict[str, Any]]:
        """Return the messages in Postfix's queue."""
        return [json.loads(line) for line in self.run("postqueue -j").splitlines()]

    def wait_for_empty_queue(self) -> None:
        """Wait until everything accepted is delivered: what has not arrived by then never will."""
        wait_for(f"{self.name}'s queue is empty", lambda: not self.queue())

    def journal(self, since: str, *units: str) -> str:
        """Return the log of ``units`` (all: none) from the cursor ``since`` on."""
        named = " ".join(f"--unit={unit}" for unit in units)
        return self.run(f"journalctl --no-pager --quiet --output=short-iso --after-cursor='{since}' {named}")

    def journal_now(self) -> str:
        """Return a cursor for `journal`."""
        return self.run("journalctl --quiet --lines=1 --show-cursor | sed -n 's/^-- cursor: //p'").strip()


def dump(database: Host) -> str:
    """Return the account store's database, rights included, as pg_dump tells it."""
    text = database.run("runuser --user=postgres -- pg_dump --inserts mailwright")
    # Words that are others each time, against files that are not a dump.
    return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


@dataclass(frozen=True)
class Bed:
    """All hosts, by name."""

    mail_hosts: dict[str, MailHost]
    database_servers: dict[str, Host]
    clients: dict[str, Host]

    @property
    def servers(self) -> dict[str, Host]:
        """All hosts that are provisioned."""
        return {**self.mail_hosts, **self.database_servers}


def mail_host_names() -> list[str]:
    """Return the hosts of the group ``mail_hosts``."""
    return group_names("mail_hosts")


@functools.cache
def group_names(group: str) -> list[str]:
    """Return the hosts of a group."""
    return list(_inventory().get(group, {}).get("hosts", []))


def host_variables(name: str) -> dict[str, Any]:
    """Return what the inventory says of a host."""
    variables: dict[str, Any] = _inventory()["_meta"]["hostvars"][name]
    return variables


def open_group(group: str, sockets: Path) -> dict[str, Host]:
    """Return the hosts of a group; ``sockets`` as in `open_bed`."""
    variables = _inventory()["_meta"]["hostvars"]
    return {name: Host(name, variables[name], sockets) for name in group_names(group)}


def close_connections(sockets: Path) -> None:
    """End the SSH connections that have their sockets there."""
    for socket in sockets.iterdir():
        subprocess.run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "host"], capture_output=True, check=False)


def with_postgresql() -> bool:
    """Whether any of the hosts has its accounts in PostgreSQL."""
    variables = _inventory()["_meta"]["hostvars"]
    return any(variables[name].get("mail_accounts_backend") == "postgresql" for name in mail_host_names())


def open_bed(sockets: Path) -> Bed:
    """Return the hosts; their SSH connections have their sockets in ``sockets`` (a short path)."""
    inventory = _inventory()
    variables = inventory["_meta"]["hostvars"]
    servers = inventory.get("database_servers", {}).get("hosts", [])
    databases = {name: Host(name, variables[name], sockets) for name in servers}
    mail_hosts = {}
    for name in mail_host_names():
        database = None
        if variables[name].get("mail_accounts_backend") == "postgresql":
            elsewhere = variables[name].get("mail_accounts_database", {}).get("ca_host")
            database = databases[elsewhere] if elsewhere else Host(name, variables[name], sockets)
        mail_hosts[name] = MailHost(name, variables[name], sockets, database)
    clients = {name: Host(name, variables[name], sockets) for name in inventory["clients"]["hosts"]}
    return Bed(mail_hosts, databases, clients)


@functools.cache
def _inventory() -> dict[str, Any]:
    result = ansible("ansible-inventory", "--list")
    if result.returncode != 0:
        raise NoBed(result.stderr)
    return json.loads(result.stdout, object_hook=_plain)


def _plain(value: dict[str, Any]) -> Any:
    """Take the wrapping off a value that the inventory marks as ``!unsafe``."""
    return value.get("__ansible_unsafe", value)
