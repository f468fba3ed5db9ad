# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation as cron would run it, time compressed, under a stream of mail, with some of its runs disturbed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from behaviour.bed import ROOT, Host
from signed.runs import run_playbook
from signed.stream import Stream, Told
from signed.zones import renew, zone

RATE = 3.0
SIGNING = "/var/lib/mailwright/signing/dkim_domains.conf"
# The list that Rspamd has read; one that a killed run has written may never be.
SIGNING_READ = "/var/lib/mailwright/rspamd/signing_read"
KEYS = "/var/lib/mailwright/dkim"
# A key signs for five seconds. Its record outlives that by more than it takes, on a busy machine, until the signer has
# read the new list, sessions that were open then have ended, and their last message is verified twice. It is then empty
# for longer than the time between two runs: what a run decides last is published by the next one.
COMPRESSED: dict[str, Any] = {
    "dkim_interval": "5s",
    "dkim_overlap": "40s",
    "dkim_revoked": "20s",
    "dkim_ttl": 4,
    "dkim_spares": 1,
    "dkim_selector_scheme": "counter",
}
# What is done to the runs, in their order.
PLAN = (
    *("", "", "a server that is down", ""),
    *("killed at the list", "", "killed at a key", ""),
)
MOST_RUNS = 24
# Of each algorithm.
ENDED_KEYS = 2
LOG = ROOT / "build" / "logs" / "signed.json"
_PATTERNS = {"killed at the list": SIGNING, "killed at a key": f"{KEYS}/*/*.pem"}
# An address of each host at which no name server listens.
_DEAD_SERVERS = ["{{ hostvars['signedns'].ansible_host }}", "{{ ansible_host }}"]


@dataclass
class Run:
    """A run of the playbook: what was done to it, what it said, and the lists of keys that sign before and after it.

    It ``began`` at so many seconds since 1970; ``signed`` is the list that Rspamd had read then.
    """

    plan: str
    status: int
    output: str
    seconds: float
    began: float
    signed: dict[str, str] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of it: ``archived`` are the selectors whose keys are in each host's archive."""

    runs: list[Run]
    told: Told
    archived: dict[str, set[str]]
    without_record: Told


def conduct(hosts: Mapping[str, Host], server: Host) -> Outcome:
    """Rotate under a stream; then, as a control, take away the record of a key that signs, under another one."""
    stream = Stream(hosts, server, RATE)
    runs: list[Run] = []
    planned = list(PLAN)
    while planned or (len(runs) < MOST_RUNS and not at_the_end(hosts, server, runs)):
        runs.append(run(hosts, planned.pop(0) if planned else ""))
        print(f"run {runs[-1].plan!r}: status {runs[-1].status}, {runs[-1].seconds:.1f} s", flush=True)
        stream.check()
        # A run that has nothing to do on a host does not come to the moment there.
        if not all(runs[-1].killed.values()) and len(runs) < MOST_RUNS // 2:
            planned.insert(0, runs[-1].plan)
    told = stream.end()
    for name in hosts:
        print(figures(told, name), flush=True)
    # For whoever looks for the cause of a fault.
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text(json.dumps({"runs": [vars(one) for one in runs], "told": vars(told)}))
    return Outcome(runs, told, archived(hosts), without_record(hosts, server))


def figures(told: Told, name: str) -> str:
    """Return in a line what a host has signed, for people."""
    states = [[state for state, _since in changes] for changes in told.records[name].values()]
    ended = states.count(["good", "revoked", "gone"])
    return (
        f"{name}: {len(told.sent[name])} messages, {told.rate(name):.1f} a second, with pauses of at most "
        f"{told.pause(name):.1f} s, verified {told.behind(name):.1f} s after they came at the latest; "
        f"{len(states)} keys signed, {ended} of them came to their end; "
        f"{len(told.faults(name))} faults, {len(told.refused[name])} put off"
    )


def archived(hosts: Mapping[str, Host]) -> dict[str, set[str]]:
    """Return the selectors of each host's domain whose keys are in the archive."""
    found = {}
    for name, host in hosts.items():
        files = host.run(f"ls {KEYS}/old/{host.variables['own_domain']} 2>/dev/null || true").split()
        found[name] = {file.partition(".")[0] for file in files}
    return found


def at_the_end(hosts: Mapping[str, Host], server: Host, runs: Sequence[Run]) -> bool:
    """Whether two keys of each algorithm that signed in ``runs`` have come to their end on each host.

    A key may be archived by the end of a run; its record goes with the next one.
    """
    kept = archived(hosts)
    for name, host in hosts.items():
        domain = str(host.variables["own_domain"])
        shown = {one[0].partition("._domainkey.")[0] for one in zone(server, domain)}
        signed = {pair for run in runs for pair in signers(run.signed[name], domain)}
        ended = [form for selector, form in signed if selector in kept[name] and selector not in shown]
        if min(ended.count("pem"), ended.count("key")) < ENDED_KEYS:
            return False
    return True


def signers(text: str, domain: str) -> list[tuple[str, str]]:
    """Return the selectors of a domain that a list names, with the form of each key: pem for RSA, key for Ed25519."""
    found = re.findall(rf'selector = "([^"]+)"; path = "[^"]*/{re.escape(domain)}/[^"]+\.(pem|key)"', text)
    return [(str(selector), str(form)) for selector, form in found]


def run(hosts: Mapping[str, Host], plan: str) -> Run:
    """Run the playbook once as ``plan`` says."""
    variables = {**COMPRESSED, **({"dkim_servers": _DEAD_SERVERS} if plan == "a server that is down" else {})}
    before = {name: host.run(f"cat {SIGNING}") for name, host in hosts.items()}
    signed = {name: host.run(f"cat {SIGNING_READ}") for name, host in hosts.items()}
    started, began = time.monotonic(), time.time()
    killers = {}
    if plan in _PATTERNS:
        order = json.dumps({"pattern": _PATTERNS[plan], "seconds": 120}) + "\n"
        killers = {name: host.start_program("kill_modules.py", order) for name, host in hosts.items()}
        for process in killers.values():
            assert process.stdout and process.stdout.readline() == b"waiting\n"
    result = run_playbook("mailwright.mail.dkim_rotation", variables)
    killed = {name: int(process.communicate(timeout=180)[0]) for name, process in killers.items()}
    after = {name: host.run(f"cat {SIGNING}") for name, host in hosts.items()}
    seconds = time.monotonic() - started
    return Run(plan, result.returncode, result.stdout + result.stderr, seconds, began, signed, killed, before, after)


def without_record(hosts: Mapping[str, Host], server: Host) -> Told:
    """Return what is told of a stream while the record of the RSA key of the first host is not there."""
    host = next(iter(hosts.values()))
    domain = str(host.variables["own_domain"])
    signs = host.run(f"grep '{KEYS}/{domain}/' {SIGNING}").split('selector = "')[1].partition('"')[0]
    owner = f"{signs}._domainkey.{domain}"
    record = next(one for one in zone(server, domain) if one[0] == owner)
    server.run(f"pdnsutil delete-rrset {domain} {signs}._domainkey TXT")
    renew(server, domain)
    stream = Stream(hosts, server, RATE)
    time.sleep(3)
    told = stream.end()
    server.run(f"pdnsutil add-record {domain} {signs}._domainkey TXT {record[1]} '{record[-1]}'")
    renew(server, domain)
    return told
