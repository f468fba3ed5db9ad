# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users and groups that files are to belong to."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass

from .errors import Unavailable

# chown(2) takes the largest number for "leave it as it is".
_NOBODY_AT_ALL = 2**32 - 1


@dataclass
class Accounts:
    """Users and groups by name; the ones that do not exist are an error in a run and only noted in check mode."""

    check_mode: bool
    find_user: Callable[[str], int] = lambda name: pwd.getpwnam(name).pw_uid
    find_group: Callable[[str], int] = lambda name: grp.getgrnam(name).gr_gid

    def __post_init__(self) -> None:
        self.missing: list[str] = []

    def uid(self, name: str | None) -> int | None:
        """Return the number of user ``name``; the module's own user without a name."""
        return self._number("owner", "user", name, self.find_user, os.geteuid)

    def gid(self, name: str | None) -> int | None:
        """Return the number of group ``name``; the module's own group without a name."""
        return self._number("group", "group", name, self.find_group, os.getegid)

    def _number(
        self, option: str, what: str, name: str | None, find: Callable[[str], int], own: Callable[[], int]
    ) -> int | None:
        if name is None:
            return own()
        try:
            return find(name)
        # The second one is for a name that no system could have, such as one with a NUL.
        except (KeyError, ValueError):
            pass
        if name.isascii() and name.isdigit() and len(name) < 11 and int(name) < _NOBODY_AT_ALL:
            return int(name)
        if not self.check_mode:
            raise Unavailable(
                f"{option} {name!r}: there is no such {what} on this host; create it first or give another one"
            )
        note = f"{option} {name}: there is no such {what} on this host yet"
        if note not in self.missing:
            self.missing.append(note)
        return None


def user_name(uid: int) -> str:
    """Return the name of user ``uid``, the number itself where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """Return the name of group ``gid``, the number itself where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
