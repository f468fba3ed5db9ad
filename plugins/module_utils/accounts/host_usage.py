# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks this host for `usage.Usage`: one doveadm for all mailboxes, and a look at their files of last logins."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace

from ..core.errors import shown
from .model import Mailbox
from .usage import LAST_LOGIN, RECORDED, Usage, parse_login, parse_quotas

_LIMIT = 64


def gather_usage(mailboxes: Sequence[Mailbox], root: str) -> tuple[list[Usage], list[str]]:
    """Return the usage of each mailbox, and warnings. ``root`` is where Dovecot keeps mail.

    A mailbox without a directory there has never been used. Dovecot is not asked for it, as it would make one.
    """
    if not mailboxes:
        return [], []
    nothing = [Usage() for _mailbox in mailboxes]
    try:
        # To doveadm, "*" and "?" stand for other characters.
        known = next((one for one in mailboxes if not {"*", "?"} & set(one.address)), None)
        if known and (home := _home(known.address)) != (expected := _path(root, known)):
            told = f"{home} is the home of {known.address}, and not {expected}" if home else _unknown(known)
            return nothing, [f"the mailboxes' usage is not known: to Dovecot, {told}"]
        used = [one for one in mailboxes if _is_used(_path(root, one))]
        quotas, complaint = _quotas([one.address for one in used])
        logins = {one.address: _last_logins(_path(root, one)) for one in used}
    except OSError as error:
        told = f"{error.strerror} ({error.filename}); run as root" if error.filename else str(error)
        return nothing, [f"the mailboxes' usage is not known: {told}"]
    unused = {one.address for one in mailboxes} - logins.keys()
    result = [
        Usage(0, one.quota, 0)
        if one.address in unused
        else replace(quotas.get(one.address, Usage()), last_login=logins[one.address])
        for one in mailboxes
    ]
    missing = [one.address for one in used if one.address not in quotas]
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    why = f": {complaint}" if complaint else ""
    return result, [f"the quota of {', '.join(missing[:3])}{more} is not known{why}"] if missing else []


def _path(root: str, mailbox: Mailbox) -> str:
    local_part, _at, domain = mailbox.address.rpartition("@")
    return f"{root.rstrip('/')}/{domain}/{local_part}"


def _unknown(mailbox: Mailbox) -> str:
    return f"{mailbox.address} is not known; it may not run, or serve another account store"


def _home(address: str) -> str:
    """Return where Dovecot has a mailbox's home, ``""`` where it does not know the mailbox or does not run.

    Raises:
        OSError: there is no doveadm.
    """
    try:
        answer = _run(["doveadm", "user", "-f", "home", address])
    except FileNotFoundError as error:
        raise OSError("there is no doveadm on this host") from error
    return "" if answer.returncode else answer.stdout.strip()


def _quotas(addresses: Sequence[str]) -> tuple[dict[str, Usage], str]:
    """Return what Dovecot says of the addresses, and its first complaint."""
    if not addresses:
        return {}, ""
    # doveadm opens the file by this name and reads it at places of its own choice: a pipe would not do.
    with tempfile.TemporaryFile() as listed:
        listed.write("".join(f"{address}\n" for address in addresses).encode())
        listed.seek(0)
        answer = _run(["doveadm", "-f", "tab", "quota", "get", "-F", "/dev/stdin"], listed.fileno())
    errors = [line for line in answer.stderr.splitlines() if "rror" in line]
    return parse_quotas(answer.stdout), shown(errors[0]) if errors else ""


def _run(command: list[str], given: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL if given is None else given,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="backslashreplace",
    )


def _is_used(home: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(home).st_mode)
    except FileNotFoundError:
        return False


def _last_logins(home: str) -> dict[str, int]:
    """Return the times by protocol. The directory is the mail user's: nothing else than a plain file is opened."""
    result = {}
    for protocol in RECORDED:
        try:
            descriptor = os.open(
                f"{home}/{LAST_LOGIN}/{protocol}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError:
            continue
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            seconds = parse_login(file.read(_LIMIT) or b"") if plain else None
        if seconds is not None:
            result[protocol] = seconds
    return result
