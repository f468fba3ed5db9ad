# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of the services' logs ask for attention."""

from __future__ import annotations

import json
import re

from behaviour.bed import MailHost

MARK = "mailwright-behaviour"
# A restart ends processes, containers may not raise their limits, and on a busy machine Dovecot waits for a part of a
# second: none of it is anybody's fault.
HARMLESS = [
    *(r"Killed with signal 15", r"command /usr/bin/python3 killed by signal 15", r"setrlimit\(RLIMIT_NPROC"),
    r"Time moved forwards by 0\.[0-9]+ seconds",
]
# Lines with which Postfix and Dovecot rightly tell what the scenarios named did to them.
PROVOKED = {
    "S01, S07, I02": r"SASL (PLAIN|LOGIN) authentication failed",
    "R12": r"TLS library problem: error:\w+:SSL routines:",
    "R02": r"private/allow-from|command /usr/bin/python3 exit status 2",
    "R05, R08, S03": r"Illegal address syntax from \S+ in (RCPT|MAIL) command",
    # A reload, and its end a minute later for processes that Postfix's connections kept.
    "O02": r"SIGHUP received - reloading|Sent SIGTERM to \d+ \S+ processes|after reload, sent SIGTERM to",
    "postconf": r"postfix/postmap: fatal: unknown inet_protocols value",
    # The database is stopped and started again.
    "PostgreSQL": (
        r"connect to pgsql server|pgsql:/\S+: (table lookup problem|lookup error)|pgsql query failed"
        r"|sqlpool\(pgsql\): |pgsql\(\S+\): Connect failed|Is the server running|Not connected to database"
        r"|(User|Password) query failed: FATAL: |Auth USER lookup failed|Failed to lookup user \S+: Internal error"
        r"|Aborted \w+ request for \S+: Lookup timed out|virtual_\w+(: proxy:pgsql| lookup failure)"
        r"|problem talking to server|table pgsql:/root/changed"
    ),
    # A domain comes or goes: Postfix is reloaded, and ends processes that others are talking to.
    "O05": r"^postfix/\S+: warning: .*: Connection reset by peer$",
    "R11": r"queue file size limit exceeded|mail_stream_cleanup: close error",
}
_SERVICES = ("postfix", "dovecot")
# As Postfix begins a line, and as Dovecot writes it after the name of a process.
_TROUBLE = re.compile(r"^(warning|error|fatal|panic): |\b(Warning|Error|Fatal|Panic): ")
_WARNING = 4


def begin(mx: MailHost) -> None:
    """Mark in the journal where the scenarios begin."""
    mx.run(f"logger --tag {MARK} 'the scenarios begin'")


def troubles(mx: MailHost) -> tuple[list[str], list[str]]:
    """Return the lines of Postfix and Dovecot that ask for attention: before the first mark, and after it."""
    before: list[str] = []
    after: list[str] = []
    lines = before
    fields = "--output-fields=PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,MESSAGE"
    for line in mx.run(f"journalctl --no-pager --quiet --output=json --all {fields}").splitlines():
        entry = json.loads(line)
        name, unit, text = (str(entry.get(key) or "") for key in ("SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT", "MESSAGE"))
        if name == MARK:
            lines = after
        if not name.startswith(_SERVICES) and not unit.startswith(_SERVICES):
            continue
        if (int(entry.get("PRIORITY", 6)) <= _WARNING or _TROUBLE.search(text)) and not _matches(text, HARMLESS):
            lines.append(f"{name}: {text}")
    return before, [line for line in after if not _matches(line, list(PROVOKED.values()))]


def _matches(text: str, patterns: list[str]) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)
