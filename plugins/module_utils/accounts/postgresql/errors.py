# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can act on, from what the server said of a statement. Pure.

Codes are PostgreSQL's (its manual, appendix A); the words come in the server's language.
"""

from __future__ import annotations

LOCK_NOT_AVAILABLE = "55P03"
INSUFFICIENT_PRIVILEGE = "42501"
_DISK_FULL = "53100"
_READ_ONLY = "25006"
# A table or column is missing, a row is there twice, a file of the database cannot be read.
_DAMAGED = ("42P01", "42703", "23505", "XX001", "XX002")


def is_gone(code: str, closed: bool) -> bool:
    """Whether the server has ended the connection: classes 57P (it stops or starts) and 08, or it says nothing."""
    return closed or code.startswith(("57P", "08"))


def gone(location: str, told: str, *, committing: bool, committed: bool) -> str:
    """Return the message for a server that went away: before, during or after the commit of the changes."""
    if committing:
        return (
            f"the account store {location} went away just as the changes were committed ({told}): they are stored "
            "either all or not at all; run again when it is back"
        )
    done = "" if committed else "; nothing was changed"
    return f"the account store {location} went away in the middle of the run ({told}){done}; run again when it is back"


def locked(location: str, holders: list[tuple[int, str, str | None]], timeout: float) -> str:
    """Return the message for a lock that others, (server process, name, address or ``None``), do not give up."""
    names = [f"{name} from {address or 'the server itself'}, server process {pid}" for pid, name, address in holders]
    return (
        f"the account store {location} is locked by {' and '.join(names) or 'another session'}, still after "
        f"{timeout:g} s; wait until that has finished, or raise lock_timeout"
    )


def refused(location: str, code: str, told: str) -> str:
    """Return the message for anything else."""
    store = f"the account store {location}"
    if code == INSUFFICIENT_PRIVILEGE:
        return f"{store} refuses: {told}"
    if code in _DAMAGED:
        return f"{store} is damaged or no account store ({told}); restore it from a backup"
    if code == _READ_ONLY:
        return f"{store} is read-only ({told}); give the primary server as login_host"
    if code == _DISK_FULL:
        return f"{store} cannot grow ({told}); make room on the server's disk"
    return f"{store} cannot be used: {told}{f' ({code})' if code else ''}; look at the server and its log"
