# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a lock."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.locks import holder, lock_pids

TABLE = """\
1: POSIX  ADVISORY  WRITE 4711 fd:01:131 1073741825 1073741825
1: -> POSIX  ADVISORY  WRITE 4712 fd:01:131 1073741825 1073741825
2: POSIX  ADVISORY  READ  4713 fd:01:131 1073741826 1073742335
3: FLOCK  ADVISORY  WRITE 4714 fd:01:132 0 EOF
4: POSIX  ADVISORY  WRITE -1 fd:01:131 1073741825 1073741825
5: POSIX  ADVISORY  READ  4715 fd:01:133 128 128
broken
"""
DEVICE = os.makedev(0xFD, 1)


def test_writers_are_found_and_readers_where_nobody_writes() -> None:
    assert lock_pids(TABLE, DEVICE, 131) == {4711}
    assert lock_pids(TABLE, DEVICE, 132) == {4714}
    assert lock_pids(TABLE, DEVICE, 133) == {4715}
    assert lock_pids(TABLE, DEVICE, 134) == set()
    assert lock_pids(TABLE, os.makedev(0xFD, 2), 131) == set()


def test_a_real_holder_is_named_with_its_script_and_no_argument(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()
    script = tmp_path / "writer.py"
    script.write_text(
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN EXCLUSIVE')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, str(script), str(path), "secret"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "locked\n"
        told = holder(path)
        writer.communicate()
    assert told.startswith(f"process {writer.pid} (python") and told.endswith(" writer.py)")
    assert "secret" not in told


def test_without_the_kernels_table_it_is_another_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert holder(tmp_path / "file", tmp_path) == "another process"
    assert holder(tmp_path / "missing") == "another process"
    assert holder(tmp_path / "file") == "another process"


def test_a_holder_that_is_gone_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    status = file.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    (tmp_path / "locks").write_text(f"1: POSIX  ADVISORY  WRITE 4711 {device} 0 EOF\n", encoding="ascii")
    assert holder(file, tmp_path) == "process 4711 (already gone)"
