# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single files: whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.files import (
    locked,
    make_directories,
    read_bytes,
    write_atomic,
)


def test_a_file_is_written_with_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomic(tmp_path / "file", b"content", mode=0o644)
    finally:
        os.umask(before)
    assert (tmp_path / "file").read_bytes() == b"content"
    assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_file_is_replaced_and_never_changed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_atomic(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_failing_write_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written: No such file"):
        write_atomic(tmp_path / "missing" / "file", b"")


def test_what_is_not_there_is_none_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert read_bytes(tmp_path / "file") == b"x"
    assert read_bytes(tmp_path / "missing") is None
    assert read_bytes(tmp_path / "file" / "below") is None
    with pytest.raises(Unavailable, match="Is a directory"):
        read_bytes(tmp_path)


def test_directories_get_their_mode_and_those_that_are_there_keep_theirs(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = os.umask(0o077)
    try:
        make_directories(tmp_path / "a" / "b")
        make_directories(tmp_path / "a" / "b")
        os.umask(0)
        make_directories(tmp_path / "secret" / "b", mode=0o700)
    finally:
        os.umask(before)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o755
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a" / "lock"
    held = []

    def work() -> None:
        with locked(path):
            held.append(True)
            assert len(held) == 1
            held.pop()

    threads = [threading.Thread(target=work) for _number in range(10)]
    with locked(path):
        for thread in threads:
            thread.start()
        assert held == []
    for thread in threads:
        thread.join()
    assert held == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"file/lock cannot be locked"), locked(tmp_path / "file" / "lock"):
        pass
