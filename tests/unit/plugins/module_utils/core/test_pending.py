# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The note that services have not read a change yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.pending import Pending


def test_without_a_path_nothing_is_pending() -> None:
    pending = Pending(None)
    pending.note()
    pending.take_back()
    assert not pending.found


def test_reasons_outlive_the_run_and_come_once(tmp_path: Path) -> None:
    path = tmp_path / "service" / "task"
    first = Pending(str(path))
    first.add(["a", "b"])
    first.note()
    assert path.parent.stat().st_mode & 0o777 == 0o755
    second = Pending(str(path))
    assert (second.found, second.reasons) == (True, ["a", "b"])
    second.add(["b", "c"])
    second.note()
    assert Pending(str(path)).reasons == ["a", "b", "c"]


def test_only_what_this_run_noted_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "task"
    first = Pending(str(path))
    first.note()
    first.take_back()
    assert not path.exists()
    Pending(str(path)).note()
    later = Pending(str(path))
    later.note()
    later.take_back()
    assert path.exists()


@pytest.mark.parametrize("content", ["", "touched by hand", "{}", "3"])
def test_a_file_that_says_nothing_says_enough(tmp_path: Path, content: str) -> None:
    path = tmp_path / "task"
    path.write_text(content)
    pending = Pending(str(path))
    assert (pending.found, pending.reasons) == (True, [])


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("file/task", "file/below/task"):
        with pytest.raises(Unavailable, match="cannot be written"):
            Pending(str(tmp_path / place)).note()
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        Pending(str(tmp_path / "folder"))
