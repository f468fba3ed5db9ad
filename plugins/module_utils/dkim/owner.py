# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom keys belong to, and whose keys are taken."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import Conflict
from ..core.owners import Accounts, group_name, user_name
from .place import KEY_MODE, KeyFile


@dataclass(frozen=True)
class Owner:
    """Whom keys are to belong to, by number and as it is shown; ``None`` for a user who does not exist yet."""

    uid: int | None
    gid: int | None
    user: str
    group: str

    def shown(self) -> dict[str, str]:
        """Return mode, owner and group of a key as people read them."""
        return {"mode": f"{KEY_MODE:04o}", "owner": self.user, "group": self.group}


def find_owner(params: Mapping[str, Any], accounts: Accounts) -> Owner:
    """Return whom the options ``owner`` and ``group`` name.

    Raises:
        Conflict: only root can give keys to that user.
        Unavailable: there is no such user or group, and this is no check mode.
    """
    uid, gid = accounts.uid(params["owner"]), accounts.gid(params["group"])
    if uid is not None and uid != os.geteuid() and os.geteuid() != 0:
        raise Conflict(f"owner {params['owner']!r}: only root can give keys to another user; run as root (become)")
    return Owner(
        uid,
        gid,
        params["owner"] if uid is None else user_name(uid),
        params["group"] if gid is None else group_name(gid),
    )


def check_key_owner(path: str | Path, key: KeyFile, owner: Owner) -> None:
    """Take no key that somebody else could have written: it is theirs, and so would be the signatures.

    Raises:
        Conflict: it belongs to somebody else, or others may write it.
    """
    if owner.uid is not None and key.uid not in (owner.uid, os.geteuid()):
        raise Conflict(
            f"the DKIM key {path} belongs to {key.shown()['owner']}, not to {owner.user}; to use it, chown it to "
            f"{owner.user} or set owner, else move it away"
        )
    if key.mode & 0o022:
        raise Conflict(
            f"the DKIM key {path} has mode {key.mode:04o}, so that others could have written it; to use it, chmod it "
            f"to {KEY_MODE:04o}, else move it away"
        )
