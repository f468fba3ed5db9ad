# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a lock on a file, as the kernel tells it in ``/proc/locks`` (proc_locks(5))."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def holder(path: str | Path, proc: Path = _PROC) -> str:
    """Return who holds a lock on ``path``, such as ``process 4711 (sqlite3)``, or ``another process``.

    Only pid and names are told: a command line may hold a secret.
    """
    try:
        status = os.stat(path)
        table = (proc / "locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "another process"
    pids = sorted(pid for pid in lock_pids(table, status.st_dev, status.st_ino) if pid != os.getpid())
    return " and ".join(f"process {pid} ({_command(pid, proc)})" for pid in pids) or "another process"


def lock_pids(table: str, device: int, inode: int) -> set[int]:
    """Return the pids that hold a write lock on the file, read locks only where there is none.

    ``table`` is the text of ``/proc/locks``: ``1: POSIX  ADVISORY  WRITE 4711 fd:00:131 1073741825 1073741825``. Lines
    with ``->`` wait for a lock. Processes of another pid namespace appear as 0 or -1 and are left out.
    """
    file = f"{os.major(device):02x}:{os.minor(device):02x}:{inode}"
    pids: dict[str, set[int]] = {"WRITE": set(), "READ": set()}
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 6 and words[1] != "->" and words[5] == file and words[3] in pids and int(words[4]) > 0:
            pids[words[3]].add(int(words[4]))
    return pids["WRITE"] or pids["READ"]


def _command(pid: int, proc: Path) -> str:
    try:
        name = (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
        arguments = (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "already gone"
    # A module of ours runs as "python3 /root/.ansible/tmp/.../AnsiballZ_accounts.py": the script says more.
    script = next((word for word in arguments[1:2] if word.endswith(b".py")), b"")
    return f"{name} {os.path.basename(script).decode(errors='replace')}" if script else name
