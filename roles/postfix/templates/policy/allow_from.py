# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix policy service: who may write to an alias with ``allow_from`` (role mailwright.mail.postfix).

    allow_from.py TYPE:TABLE

speaks Postfix's policy delegation protocol (SMTPD_POLICY_README) on standard input and output, as spawn(8) starts it.
TABLE says for each such alias, or for ``@domain`` of a catch-all, who may write: addresses and ``@domain`` with commas
between them, or ``*`` for everybody. postmap(1) reads it, so it may be of any type that Postfix has. What smtpd has
restricted and the table does not know is in between two states of the table: the client is told to try again, as it is
when the table cannot be read. Nobody is let through, or refused for good, by a failure.
"""

from __future__ import annotations

import re
import subprocess
import sys
import syslog
from collections.abc import Iterable, Mapping
from typing import BinaryIO

POSTMAP = "/usr/sbin/postmap"
POSTMAP_SECONDS = 30
RECIPIENT_DELIMITER = "+"
ANYBODY = "*"
# Postfix's own limit for a line of SMTP is 2048 bytes; no attribute of its requests is longer by much.
LINE_LIMIT = 65536

PASS = "DUNNO"
REFUSE = "550 5.7.1 This sender may not write to this address"
DEFER = "451 4.3.0 Who may write to this address is not known just now, try again later"

# How addresses stand in the table: visible ASCII, of the lengths of RFC 5321. Nothing else is looked for.
_LISTED = re.compile(r"[!-?A-~]{0,64}@[!-?A-~]{1,253}")


class Unknown(Exception):
    """It cannot be told now who may write to an address; the text says why."""


class BadRequest(Exception):
    """This is not what Postfix asks."""


def keys(address: str) -> list[str]:
    """Return what ``address`` may be listed as, the nearest first: itself, without its tag, its domain.

    Postfix gives a quoted local part without its quotes, and so with anything in it. The null sender, and a name
    without a domain, are listed as nothing.
    """
    local_part, domain = address.lower().rpartition("@")[::2]
    if not local_part:
        return []
    name = local_part.partition(RECIPIENT_DELIMITER)[0]
    found = [f"{part}@{domain}" for part in (local_part, name, "")]
    return [key for key in dict.fromkeys(found) if _LISTED.fullmatch(key)]


def decide(sender: str, recipient: str, table: Mapping[str, str]) -> str:
    """Return the action for a message from the envelope's ``sender`` to ``recipient``.

    Raises:
        Unknown: ``table`` has no entry for the recipient.
    """
    for key in keys(recipient):
        if key in table:
            allowed = {entry.strip() for entry in table[key].split(",")}
            return PASS if ANYBODY in allowed or not allowed.isdisjoint(keys(sender)) else REFUSE
    raise Unknown("no entry for the recipient")


def look_up(wanted: Iterable[str], table: str) -> dict[str, str]:
    """Return the entries that ``table`` (``TYPE:NAME``) has for ``wanted``, which travel by standard input.

    Raises:
        Unknown: postmap found nothing, or cannot read the table.
    """
    try:
        result = subprocess.run(
            [POSTMAP, "-q", "-", table],
            input="".join(f"{key}\n" for key in wanted).encode(),
            capture_output=True,
            timeout=POSTMAP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unknown(f"{POSTMAP}: {error}") from error
    if result.returncode != 0:
        # 1 stands for "nothing found" and for "failed" alike.
        raise Unknown(result.stderr.decode("ascii", "replace").strip() or "no entry for the recipient")
    lines = result.stdout.decode("ascii", "replace").splitlines()
    return {key: value for key, tab, value in (line.partition("\t") for line in lines) if tab}


def read_request(stream: BinaryIO) -> dict[str, str] | None:
    """Return the next request's attributes, ``None`` at the end.

    Raises:
        BadRequest: a line is no ``name=value``, too long, or the request ends half way.
    """
    request: dict[str, str] = {}
    while True:
        line = stream.readline(LINE_LIMIT)
        if not line and not request:
            return None
        if not line.endswith(b"\n"):
            raise BadRequest("a request that ends half way, or a line that is too long")
        if line == b"\n":
            return request
        name, equals, value = line[:-1].decode("ascii", "surrogateescape").partition("=")
        if not equals:
            raise BadRequest("a line that is no attribute")
        request[name] = value


def answer(request: Mapping[str, str], table: str) -> str:
    """Return the action for ``request``.

    Raises:
        BadRequest: it lacks what every request of smtpd has.
    """
    if request.get("request") != "smtpd_access_policy" or "sender" not in request or not request.get("recipient"):
        raise BadRequest("a request without sender or recipient")
    sender, recipient = request["sender"], request["recipient"]
    try:
        return decide(sender, recipient, look_up(keys(recipient), table))
    except Unknown as error:
        syslog.syslog(syslog.LOG_WARNING, f"warning: {table}: {error} (recipient {recipient[:320]!a})")
        return DEFER


def serve(source: BinaryIO, sink: BinaryIO, table: str) -> int:
    """Answer requests until there are no more; return the exit status.

    A request that Postfix did not make is not answered, as SMTPD_POLICY_README asks: smtpd then defers the mail.
    """
    try:
        while (request := read_request(source)) is not None:
            sink.write(f"action={answer(request, table)}\n\n".encode())
            sink.flush()
    except BadRequest as error:
        syslog.syslog(syslog.LOG_WARNING, f"warning: {error}")
        return 1
    except BrokenPipeError:
        # smtpd went away before it had its answer.
        return 1
    return 0


def main() -> int:
    syslog.openlog("postfix/allow-from", syslog.LOG_PID, syslog.LOG_MAIL)
    if len(sys.argv) != 2 or ":" not in sys.argv[1]:
        syslog.syslog(syslog.LOG_ERR, "fatal: the one argument is the table, TYPE:NAME")
        return 1
    return serve(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
