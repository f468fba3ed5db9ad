# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies the DKIM signatures of each message at the moment at which it comes into a mailbox, and once more later.

Reads one line of JSON: {"maildir", "server" (address of the zone's name server), "later" (seconds until a message is
verified once more), "authority" (who writes Authentication-Results), "prefix" (of selectors), "domain"}. Goes on until
standard input ends and all that came is verified, and then writes {"messages": [...], "records": {...}, "controls":
{...}, "unanswered": [question: answer]}.

A message: {"token", "at" (when it came, in seconds since 1970), "behind" (how many seconds later it was verified),
"signatures": {selector: algorithm}, "faults": [text]}. Whatever of this is not as it has to be is a fault: dkimpy with
what the name server says at that moment, and with what the resolver of this host says, which has been asked all the
time for the selectors that are to come, and so remembers that they were not there; Mail::DKIM for RSA, through the same
resolver; Rspamd, by its header.

``records`` are, by selector and in their order, the different things that the name server said of those that came by:
"good", "revoked", "gone", each with the time. ``controls`` tell what the same verification says of the last message
after its body was changed, of all messages when no record is found, and now of the first message of each selector:
{name: [fault, ...]}.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dkim
import dns.flags
import dns.message
import dns.query
import dns.rcode

RESOLVER = "127.0.0.1"
LIMIT_SECONDS = 5
TRIES = 2
POLL_SECONDS = 0.05
PROBE_SECONDS = 1.0
PROBES = 8
LOOK_SECONDS = 0.5
PERL = r"""
$| = 1;
while (my $path = <STDIN>) {
    chomp $path;
    my $judge = Mail::DKIM::Verifier->new();
    open(my $file, "<", $path) or die "$path: $!";
    while (my $line = <$file>) { $line =~ s/\r?\n$//; $judge->PRINT("$line\015\012"); }
    $judge->CLOSE();
    print join(" ", map { $_->algorithm . "/" . $_->selector . "=" . $_->result } $judge->signatures), "\n";
}
"""
Ask = Callable[[str], "bytes | None"]


class Unanswered(Exception):
    """The answer is none that a verifier may go by."""


def text_record(address: str, name: str, flag: int) -> bytes | None:
    """Return the TXT record as ``address`` shows it with the ``flag`` set; ``None`` where there is none.

    Raises:
        Unanswered: there is no such answer.
    """
    query = dns.message.make_query(name, "TXT", want_dnssec=flag == dns.flags.AD)
    answer = answered(query, address)
    code = dns.rcode.to_text(answer.rcode())
    if code not in ("NOERROR", "NXDOMAIN") or not answer.flags & flag:
        raise Unanswered(f"{code} {dns.flags.to_text(answer.flags)}")
    texts = [b"".join(rdata.strings) for rrset in answer.answer if rrset.rdtype == 16 for rdata in rrset]
    if len(texts) > 1:
        raise Unanswered(f"{len(texts)} records")
    return texts[0] if texts else None


def answered(query: Any, address: str) -> Any:
    """Return the answer; as any resolver does, ask again where a datagram was lost.

    Raises:
        Unanswered: there is none.
    """
    for left in reversed(range(TRIES)):
        try:
            return dns.query.udp_with_fallback(query, address, timeout=LIMIT_SECONDS)[0]
        except (dns.exception.DNSException, OSError) as error:
            if not left:
                raise Unanswered(type(error).__name__) from error
    raise AssertionError("the last try returns or raises")


def at_server(name: str) -> bytes | None:
    return text_record(wanted["server"], name, dns.flags.AA)


def at_resolver(name: str) -> bytes | None:
    return text_record(RESOLVER, name, dns.flags.AD)


def nowhere(_name: str) -> bytes | None:
    return None


def signatures(message: bytes) -> dict[str, str]:
    """Return the algorithm of each signature by its selector."""
    found = {}
    for name, value in dkim.DKIM(message).headers:
        if name.lower() == b"dkim-signature":
            tags = dict(re.findall(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;\s]+)", value.decode()))
            assert tags["d"] == wanted["domain"], tags
            found[tags["s"]] = tags["a"]
    return found


def faults(message: bytes, view: str, ask: Ask) -> list[str]:
    """Return which signatures dkimpy does not find good with what ``ask`` says of their records, and why."""
    found = []
    for number, (selector, algorithm) in enumerate(signatures(message).items()):
        try:
            why = objection(message, number, ask(f"{selector}._domainkey.{wanted['domain']}"))
        except Unanswered as error:
            why = f"Unanswered: {error}"
        if why:
            found.append(f"{algorithm} {selector} {view}: {why}")
    return found


@functools.cache
def objection(message: bytes, number: int, record: bytes | None) -> str:
    """Return what dkimpy has against a signature by this record, empty if nothing.

    A message is verified four times, mostly by the same record, and a watch that falls behind sees other records.
    """
    try:
        good = dkim.DKIM(message).verify(number, dnsfunc=lambda _name, timeout=5: record)
    except dkim.DKIMException as error:
        return f"{type(error).__name__}: {error}"
    return "" if good else "not what was signed"


class Watch:
    """The mailbox's messages, each with what is to be said of it."""

    def __init__(self) -> None:
        self.folders = [Path(wanted["maildir"], name) for name in ("new", "cur")]
        self.known = {path.name.partition(":")[0] for folder in self.folders for path in folder.glob("*")}
        self.messages: list[dict[str, Any]] = []
        self.texts: dict[str, bytes] = {}
        self.first: dict[str, str] = {}
        self.again: list[tuple[float, dict[str, Any]]] = []
        self.perl = subprocess.Popen(
            ["perl", "-MMail::DKIM::Verifier", "-e", PERL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def look(self) -> None:
        # The mailbox is made when its first message comes.
        for folder in filter(Path.is_dir, self.folders):
            for name in os.listdir(folder):
                if name.partition(":")[0] not in self.known:
                    self.known.add(name.partition(":")[0])
                    self.take(folder / name)
        while self.again and self.again[0][0] <= time.monotonic():
            _time, one = self.again.pop(0)
            self.verify(one, " later")

    def take(self, path: Path) -> None:
        """Verify a message that has just come."""
        came = path.stat().st_mtime
        text = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        token = re.search(rb"^Subject: Stream ([0-9a-f]{32})\r$", text, re.MULTILINE)
        if not token:
            return
        one: dict[str, Any] = {"token": token[1].decode(), "at": came, "signatures": signatures(text), "faults": []}
        self.texts[one["token"]] = text
        self.messages.append(one)
        for selector in one["signatures"]:
            self.first.setdefault(selector, one["token"])
        self.verify(one, "")
        one["faults"] += [*self.by_perl(path, one), *self.by_rspamd(text)]
        one["behind"] = time.time() - came
        self.again.append((time.monotonic() + wanted["later"], one))

    def verify(self, one: dict[str, Any], when: str) -> None:
        text = self.texts[one["token"]]
        one["faults"] += faults(text, f"name server{when}", at_server) + faults(text, f"resolver{when}", at_resolver)

    def by_perl(self, path: Path, one: dict[str, Any]) -> list[str]:
        assert self.perl.stdin and self.perl.stdout
        self.perl.stdin.write(f"{path}\n")
        self.perl.stdin.flush()
        said = self.perl.stdout.readline().split()
        rsa = [f"{name}/{selector}=pass" for selector, name in one["signatures"].items() if name == "rsa-sha256"]
        return [f"{result} is missing: Mail::DKIM says {said}" for result in rsa if result not in said]

    def by_rspamd(self, text: bytes) -> list[str]:
        header = re.search(rb"^Authentication-Results: (.*?)^\S", text, re.MULTILINE | re.DOTALL)
        said = header[1].decode() if header else ""
        good = said.startswith(f"{wanted['authority']};") and said.count("dkim=pass") == 2 and "dmarc=pass" in said
        return [] if good else [f"Rspamd says {' '.join(said.split())!r}"]

    def controls(self) -> dict[str, list[str]]:
        if not self.messages:
            return {}
        last = self.texts[self.messages[-1]["token"]]
        told = {
            "changed": faults(last + b"One line more.\r\n", "changed", at_server),
            "no record": [fault for text in self.texts.values() for fault in faults(text, "no record", nowhere)],
        }
        for selector, token in self.first.items():
            kept = [fault for fault in faults(self.texts[token], "now", at_server) if f" {selector} " in fault]
            told[f"now {selector}"] = kept
        return told


def probe(watch: Watch, stop: threading.Event) -> None:
    """Have the resolver remember of the next selectors whether they are there."""
    while not stop.wait(PROBE_SECONDS):
        numbers = [int(match[1]) for name in list(watch.first) if (match := re.search(r"-([0-9]+)$", name))]
        for number in range(max(numbers, default=0) + 1, max(numbers, default=0) + 1 + PROBES):
            name = f"{wanted['prefix']}-{number}._domainkey.{wanted['domain']}"
            try:
                at_resolver(name)
            except Unanswered as error:
                unanswered.append(f"{name}: {error}")


def follow(watch: Watch, stop: threading.Event) -> None:
    """Note what the name server says of each selector."""
    while not stop.wait(LOOK_SECONDS):
        for selector in list(watch.first):
            try:
                record = at_server(f"{selector}._domainkey.{wanted['domain']}")
            except Unanswered as error:
                unanswered.append(f"{selector}: {error}")
                continue
            state = "gone" if record is None else "revoked" if re.search(rb"p=(;|$)", record) else "good"
            states = records.setdefault(selector, [])
            if not states or states[-1][0] != state:
                states.append((state, time.time()))


wanted = json.loads(sys.stdin.readline())
unanswered: list[str] = []
records: dict[str, list[tuple[str, float]]] = {}
ended, stop = threading.Event(), threading.Event()
watch = Watch()
threads = [
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True),
    threading.Thread(target=probe, args=(watch, stop), daemon=True),
    threading.Thread(target=follow, args=(watch, stop), daemon=True),
]
for thread in threads:
    thread.start()
print("watching", flush=True)
while not ended.is_set() or watch.again:
    watch.look()
    time.sleep(POLL_SECONDS)
stop.set()
for thread in itertools.islice(threads, 1, None):
    thread.join()
json.dump(
    {"messages": watch.messages, "records": records, "unanswered": unanswered, "controls": watch.controls()}, sys.stdout
)
