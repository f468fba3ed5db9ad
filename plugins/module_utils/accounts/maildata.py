# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the mail of mailboxes and domains that are to be absent. Pure; `mailfiles` looks and moves.

Mail is where Dovecot keeps it, ``MAIL_ROOT/example.com/alice``. It goes by one rename within its file system: into
``ARCHIVE/alice@example.com/20260131T235959Z``, or, to be deleted, into `DELETING`, and only then file by file. So a run
that is killed leaves each mailbox's mail whole where it was or whole where it went, and the next one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.plan import Change
from .wanted import Wanted

# In the mail root; no domain starts with a dot.
ARCHIVE = ".archive"
DELETING = ".deleting"


@dataclass(frozen=True, slots=True)
class Removal:
    """The mail of ``owner``, an address or a domain, is not to be in its place any more."""

    owner: str
    action: str

    @property
    def place(self) -> tuple[str, ...]:
        """Where the mail is, in names from the mail root on."""
        local_part, at, domain = self.owner.rpartition("@")
        return (domain, local_part) if at else (domain,)


@dataclass(frozen=True, slots=True)
class Step:
    """One directory that is there and is to go.

    ``target`` is the directory that it goes into, under the time; ``""`` for mail that is deleted. ``removal`` is
    ``None`` for what an earlier run had begun to delete.
    """

    removal: Removal | None
    path: str
    target: str = ""

    @property
    def change(self) -> Change:
        """The step as a plan shows it. Without the time, so that check mode shows what a run shows."""
        return Change("mail", self.path, {"place": self.path}, {"place": f"{self.target}/"} if self.target else None)

    @property
    def value(self) -> dict[str, str | None]:
        """The step as modules return it."""
        return {"path": self.path, "archive": self.target or None}


def removals(wanted: Wanted) -> Iterator[Removal]:
    """Yield whose mail is to go, whether they are in the store or have left it earlier.

    Mailboxes come first, for what they say of their own mail holds also where their domain goes in the same task.
    """
    for box in wanted.mailboxes.values():
        if not box.present and box.mail_data != "keep":
            yield Removal(box.address, box.mail_data)
    for domain in wanted.domains.values():
        if not domain.present and domain.mail_data != "keep":
            yield Removal(domain.name, domain.mail_data)


def mounted_in(table: str, path: str) -> str:
    """Return the first mount point at or below ``path``, ``""`` where there is none.

    ``table`` is the text of ``/proc/self/mountinfo``; the fifth field is the mount point, with spaces and the like as
    ``\\040`` (proc_pid_mountinfo(5)).
    """
    points = (fields[4] for line in table.splitlines() if len(fields := line.split(" ")) > 4)
    for point in points:
        plain = point.encode("latin-1", "replace").decode("unicode_escape") if "\\" in point else point
        if plain == path or plain.startswith(f"{path}/"):
            return plain
    return ""
