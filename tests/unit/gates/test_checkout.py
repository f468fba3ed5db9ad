# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy that ansible-test runs on has new files, lacks ignored and removed ones, and keeps dates and caches."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gates import checkout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "plugins").mkdir(parents=True)
    (root / ".gitignore").write_text("build/\n")
    (root / "plugins/a.py").write_text("a")
    (root / "gone.py").write_text("gone")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    subprocess.run(["git", "-C", root, "add", "."], check=True)
    (root / "gone.py").unlink()
    (root / "new.py").write_text("new")
    (root / "build").mkdir()
    (root / "build/x").write_text("x")
    return root


def test_listed_is_what_git_knows_or_would_add(tree: Path) -> None:
    assert checkout.listed(tree) == {Path(".gitignore"), Path("new.py"), Path("plugins/a.py")}


def test_mirror_follows_and_keeps(tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    checkout.mirror(tree, copy, checkout.listed(tree))
    (copy / "tests/output").mkdir(parents=True)
    (copy / "tests/output/cache").write_text("warm")
    (copy / "stale").mkdir()
    (copy / "stale/b.py").write_text("b")
    inode = (copy / "new.py").stat().st_ino
    (tree / "plugins/a.py").write_text("changed")
    checkout.mirror(tree, copy, checkout.listed(tree))
    assert (copy / "plugins/a.py").read_text() == "changed"
    assert (copy / "new.py").stat().st_ino == inode
    assert (copy / "new.py").stat().st_mtime_ns == (tree / "new.py").stat().st_mtime_ns
    assert (copy / "tests/output/cache").read_text() == "warm"
    assert not (copy / "stale").exists()
