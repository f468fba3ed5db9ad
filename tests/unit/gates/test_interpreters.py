# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interpreters count when they run, are new enough and say the version that their name says."""

from __future__ import annotations

from pathlib import Path

from gates import interpreters


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_only_working_interpreters_from_the_oldest_up(tmp_path: Path) -> None:
    good = _program(tmp_path / "one/python3.13", "echo 3.13")
    _program(tmp_path / "two/python3.13", "echo 3.13")
    _program(tmp_path / "one/python3.12", "exit 127")
    later = _program(tmp_path / "two/python3.12", "echo 3.12")
    _program(tmp_path / "one/python3.9", "echo 3.9")
    _program(tmp_path / "one/python3.14", "echo 3.11")
    _program(tmp_path / "one/python3.13-config", "echo 3.13")
    found = interpreters.interpreters([tmp_path / "one", tmp_path / "two", tmp_path / "none"])
    assert found == {"3.12": later, "3.13": good}
    assert list(found) == ["3.12", "3.13"]
