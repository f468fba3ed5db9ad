# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees in a temporary directory: every state through its four runs, bad surroundings, and runs that are killed."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.config_tree import apply as apply_module
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree import stage as stage_module
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.converge import Result, Target, prepare
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.document import encode
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.stage import ValidationError
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable


class Bed:
    """A directory with a live tree, a ledger and room for staged copies."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.etc = top / "etc"
        self.etc.mkdir()
        self.dest = self.etc / "service"
        self.ledger = top / "lib" / "owned.json"
        self.temporary = top / "tmp"
        self.temporary.mkdir()

    def call(self, content: dict[str, str | bytes] | None = None, *, check: bool = False, **given: Any) -> Result:
        """Make the tree hold ``content``, as the module does."""
        encoded = {name: text.encode() if isinstance(text, str) else text for name, text in (content or {}).items()}
        params = {
            "state": "present", "src": "x", "dest": str(self.dest), "validate": None, "needs": [], "owner": None,
            "group": None, "mode": "0644", "directory_mode": "0755", "secret": False, "files": [], "set_by": None,
            "ledger": str(self.ledger), "tree": encode(encoded, given.pop("skipped", [])), **given,
        }  # fmt: skip
        with ExitStack() as stack:
            result = prepare(params, Target(check, str(self.temporary), run), stack)
            if result.plan.changed and not check:
                result.apply()
        return result

    def snapshot(self) -> dict[str, Any]:
        """Return everything below the bed's directory: modes, links and contents."""
        found: dict[str, Any] = {}
        for path in sorted(self.top.rglob("*")):
            name = str(path.relative_to(self.top))
            if name == "lib/owned.lock":
                continue
            if path.is_symlink():
                found[name] = os.readlink(path)
            else:
                content = path.read_bytes() if path.is_file() else None
                found[name] = (oct(path.lstat().st_mode), content)
        return found

    def owned(self) -> dict[str, Any]:
        """Return what the ledger has for the tree."""
        if not self.ledger.exists():
            return {}
        return json.loads(self.ledger.read_text())["owned"].get("config_tree", {}).get(str(self.dest), {})


def run(argv: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    yield Bed(tmp_path)


def four_runs(bed: Bed, call: Callable[..., Result]) -> Result:
    """Check, run, check, run: the first two say the same, the first and the last two touch nothing."""
    before = bed.snapshot()
    predicted = call(check=True)
    assert predicted.plan.changed
    assert bed.snapshot() == before
    done = call(check=False)
    assert done.plan.names() == predicted.plan.names()
    assert done.plan.diff() == predicted.plan.diff()
    after = bed.snapshot()
    for check in (True, False):
        again = call(check=check)
        assert not again.plan.changed, again.plan.names()
        assert bed.snapshot() == after
    assert not [name for name in after if ".staged-" in name]
    return done


def test_present_then_changed_then_absent(bed: Bed) -> None:
    first: dict[str, str | bytes] = {"main.conf": "a\n", "conf.d/x.conf": "x\n", "conf.d/deep/y": b"\0\xff"}
    done = four_runs(bed, lambda check: bed.call(first, check=check))
    assert done.plan.names()["added"] == [
        "./", "conf.d/", "conf.d/deep/", "conf.d/deep/y", "conf.d/x.conf", "main.conf",
    ]  # fmt: skip
    assert (bed.dest / "conf.d/deep/y").read_bytes() == b"\0\xff"
    done = four_runs(bed, lambda check: bed.call({"main.conf": "b\n", "new": ""}, check=check, mode="0600"))
    assert done.plan.names() == {
        "added": ["new"],
        "changed": ["main.conf"],
        "removed": ["conf.d/deep/y", "conf.d/x.conf", "conf.d/deep/", "conf.d/"],
    }
    assert oct((bed.dest / "main.conf").stat().st_mode) == "0o100600"
    four_runs(bed, lambda check: bed.call(check=check, state="absent"))
    assert not bed.dest.exists()
    assert bed.owned() == {}


def test_foreign_files_stay_and_replaced_ones_come_back(bed: Bed) -> None:
    bed.dest.mkdir(mode=0o750)
    (bed.dest / "main.conf").write_text("the package's\n")
    (bed.dest / "main.conf").chmod(0o640)
    (bed.dest / "default").symlink_to("../elsewhere")
    (bed.dest / "other.conf").write_text("foreign\n")
    before = bed.snapshot()
    four_runs(bed, lambda check: bed.call({"main.conf": "ours\n", "default": "ours\n"}, check=check))
    assert (bed.dest / "default").read_text() == "ours\n"
    assert not (bed.dest / "default").is_symlink()
    assert (bed.top / "lib/archive/config_tree").joinpath(
        str(bed.dest)[1:], "main.conf"
    ).stat().st_mode & 0o777 == 0o600
    bed.call({"main.conf": "ours, changed\n", "default": "ours\n"})
    four_runs(bed, lambda check: bed.call({"default": "ours\n"}, check=check))
    assert (bed.dest / "main.conf").read_text() == "the package's\n"
    four_runs(bed, lambda check: bed.call(check=check, state="absent"))
    after = {name: node for name, node in bed.snapshot().items() if not name.startswith("lib")}
    assert after == before


def test_a_foreign_file_that_is_right_already_becomes_ours(bed: Bed) -> None:
    bed.dest.mkdir()
    (bed.dest / "a").write_text("same\n")
    (bed.dest / "a").chmod(0o644)
    number = (bed.dest / "a").stat().st_ino
    done = four_runs(bed, lambda check: bed.call({"a": "same\n"}, check=check))
    assert done.plan.names()["changed"] == ["a"]
    assert (bed.dest / "a").stat().st_ino == number


def test_two_setters_share_a_directory(bed: Bed) -> None:
    bed.call({"a": "1"}, set_by="one")
    bed.call({"d/b": "2"}, set_by="two")
    four_runs(bed, lambda check: bed.call({"c": "3"}, check=check, set_by="one"))
    assert sorted(path.name for path in bed.dest.iterdir()) == ["c", "d"]
    with pytest.raises(Conflict, match="d/b was put there by two, not by one"):
        bed.call({"d/b": "mine"}, set_by="one")
    bed.call(state="absent", set_by="one")
    assert (bed.dest / "d/b").read_text() == "2"


def test_a_file_becomes_a_directory_and_back(bed: Bed) -> None:
    bed.call({"a": "file", "z": ""})
    four_runs(bed, lambda check: bed.call({"a/b/c": "deep", "z": ""}, check=check))
    assert (bed.dest / "a/b/c").read_text() == "deep"
    with pytest.raises(Conflict, match="a is a directory where a file is wanted"):
        bed.call({"a": "file", "z": ""})


def test_a_directory_with_foreign_files_stays(bed: Bed) -> None:
    bed.call({"d/a": "", "z": ""})
    (bed.dest / "d/foreign").write_text("")
    four_runs(bed, lambda check: bed.call({"z": ""}, check=check))
    assert [path.name for path in (bed.dest / "d").iterdir()] == ["foreign"]
    (bed.dest / "d/foreign").unlink()
    four_runs(bed, lambda check: bed.call({"z": ""}, check=check))
    assert not (bed.dest / "d").exists()


def test_drift_is_taken_back(bed: Bed) -> None:
    tree: dict[str, str | bytes] = {"d/a": "1", "b": "2"}
    bed.call(tree)
    (bed.dest / "d/a").write_text("edited")
    (bed.dest / "b").unlink()
    (bed.dest / "d").chmod(0o777)
    done = four_runs(bed, lambda check: bed.call(tree, check=check))
    assert done.plan.names() == {"added": ["b"], "changed": ["d/", "d/a"], "removed": []}


def test_the_checker_sees_foreign_files_and_links_in_the_copy(bed: Bed) -> None:
    bed.dest.mkdir()
    (bed.dest / "foreign.conf").write_text("word\n")
    (bed.dest / "inner").symlink_to(bed.dest / "main.conf")
    (bed.etc / "outside").write_text("beside\n")
    (bed.dest / "outer").symlink_to("../outside")
    os.mkfifo(bed.dest / "pipe")
    test = (
        'grep -q word "$0"/foreign.conf && grep -q new "$0"/inner && grep -q beside "$0"/outer && test ! -e "$0"/gone'
    )
    bed.call({"main.conf": "old", "gone": ""})
    for check in (True, False):
        bed.call({"main.conf": "new"}, check=check, validate=["sh", "-c", test, "%s"])
    assert os.readlink(bed.dest / "inner") == str(bed.dest / "main.conf")


def test_a_tree_that_is_refused_changes_nothing(bed: Bed) -> None:
    bed.call({"a": "good\n"})
    before = bed.snapshot()
    for check in (True, False):
        with pytest.raises(ValidationError) as caught:
            bed.call(
                {"a": "password=s3cr3t-word\n"},
                check=check,
                secret=True,
                validate=["sh", "-c", 'cat "$0"/a; echo wrong; exit 3', "%s"],
            )
        assert "status 3" in str(caught.value)
        assert "wrong" in str(caught.value)
        assert "s3cr3t" not in str(caught.value)
        assert bed.snapshot() == before


def test_words_of_a_secret_file_that_does_not_change_are_masked_too(bed: Bed) -> None:
    files = [{"name": "s", "owner": None, "group": None, "mode": None, "secret": True}]
    bed.call({"s": "password = hunter2hunter2\n", "a": "1"}, files=files)
    for check in (True, False):
        with pytest.raises(ValidationError) as caught:
            bed.call(
                {"s": "password = hunter2hunter2\n", "a": "2"},
                check=check,
                files=files,
                validate=["sh", "-c", 'cat "$0"/s; echo wrong; exit 1', "%s"],
            )
        assert "wrong" in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_refused_in_check_mode_before_our_first_run_is_only_told(bed: Bed) -> None:
    bed.dest.mkdir()
    result = bed.call({"a": ""}, check=True, validate="ls %s/certificate")
    assert result.plan.names()["added"] == ["a"]
    assert len(result.unchecked) == 1
    assert "certificate" in result.unchecked[0]
    with pytest.raises(ValidationError):
        bed.call({"a": ""}, validate="ls %s/certificate")


def test_files_that_the_checker_needs(bed: Bed, tmp_path: Path) -> None:
    """Where an earlier task would have brought them, check mode has nothing to judge, on a known host too."""
    bed.call({"a": "1"})
    needed = tmp_path / "certificate"
    wanted = {"validate": f"sh -c 'cat {needed} # %s'", "needs": [str(tmp_path), str(needed)]}
    assert bed.call({"a": "2"}, check=True, **wanted).unchecked == [f"validate: {needed} does not exist yet"]
    before = bed.snapshot()
    with pytest.raises(Unavailable, match=f"needs: {needed} does not exist"):
        bed.call({"a": "2"}, **wanted)
    assert bed.snapshot() == before
    needed.touch()
    assert bed.call({"a": "2"}, check=True, **wanted).unchecked == []
    bed.call({"a": "2"}, **wanted)
    needed.unlink()
    assert not bed.call({"a": "2"}, **wanted).plan.changed


def test_a_bare_host_in_check_mode(bed: Bed) -> None:
    shutil.rmtree(bed.etc)
    result = bed.call({"a": ""}, check=True, validate="no-such-checker %s", owner="no-such-user")
    assert result.plan.names()["added"] == ["./", "a"]
    assert result.unchecked == [
        "owner no-such-user: there is no such user on this host yet",
        "validate: no-such-checker is not installed on this host yet",
    ]
    assert "does not exist yet" in result.warnings[0]
    with pytest.raises(Unavailable, match="etc does not exist"):
        bed.call({"a": ""})
    bed.etc.mkdir()
    with pytest.raises(Unavailable, match="no-such-checker cannot be run"):
        bed.call({"a": ""}, validate="no-such-checker %s")
    assert not bed.dest.exists()


def test_links_are_not_written_through(bed: Bed) -> None:
    outside = bed.top / "outside"
    outside.mkdir()
    bed.dest.mkdir()
    (bed.dest / "conf.d").symlink_to(outside)
    with pytest.raises(Conflict, match=r"conf\.d is a symbolic link"):
        bed.call({"conf.d/a": ""})
    (bed.dest / "conf.d").unlink()
    bed.dest.rmdir()
    bed.dest.symlink_to(outside)
    with pytest.raises(Conflict, match="is a symbolic link"):
        bed.call({"a": ""})
    assert list(outside.iterdir()) == []


def test_a_directory_swapped_for_a_link_is_refused(bed: Bed) -> None:
    """What lies behind a link that took an owned directory's place is neither read nor removed."""
    outside = bed.top / "outside"
    outside.mkdir()
    (outside / "a").write_text("foreign")
    bed.call({"d/a": "", "z": ""})
    shutil.rmtree(bed.dest / "d")
    (bed.dest / "d").symlink_to(outside)
    bed.call({"z": ""})
    assert (outside / "a").read_text() == "foreign"


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_something_else_in_a_files_place(bed: Bed, kind: str) -> None:
    bed.dest.mkdir()
    if kind == "directory":
        (bed.dest / "a").mkdir()
    else:
        os.mkfifo(bed.dest / "a")
    with pytest.raises(Conflict, match="where a file is wanted"):
        bed.call({"a": ""})
    (bed.dest / "f").write_text("")
    with pytest.raises(Conflict, match="f is not a directory"):
        bed.call({"f/x": ""})


def test_an_empty_rendering_is_no_file(bed: Bed) -> None:
    bed.call({"a": "1", "b": "2"})
    four_runs(bed, lambda check: bed.call({"a": "1"}, skipped=["b"], check=check))
    assert not (bed.dest / "b").exists()


def test_without_the_action_plugin(bed: Bed) -> None:
    with pytest.raises(InvalidValue, match="was not rendered"):
        bed.call(tree=None)


def test_a_full_disk_changes_nothing(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    bed.call({"a": "1", "b": "2"})
    before = bed.snapshot()
    write = stage_module.write_node

    def fill(path: Any, node: Any, *, sync: bool) -> None:
        if sync and str(path).endswith("/b"):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, node, sync=sync)

    monkeypatch.setattr(stage_module, "write_node", fill)
    with pytest.raises(Unavailable, match="No space left on device; nothing was changed"):
        bed.call({"a": "changed", "b": "changed"})
    assert bed.snapshot() == before


STEPS = ["keep", "edit", "_make_directory", "_put", "_remove", "forget"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_killed_run_is_completed_by_the_next(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, step: str, count: int
) -> None:
    """Whatever step the run dies at, no file is half, and the next run reaches what an undisturbed one would."""
    bed.dest.mkdir()
    (bed.dest / "p1").write_text("package 1")
    (bed.dest / "p2").write_text("package 2")
    original = bed.snapshot()
    bed.call({"p1": "ours", "old/x": "x", "old/y": "y"})
    wanted: dict[str, str | bytes] = {"p2": "ours", "new/z": "z", "new/deep/w": "w"}
    left = count
    real = getattr(apply_module, step)

    def die(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(apply_module, step, die)
        try:
            bed.call(wanted)
            died = False
        except KeyboardInterrupt:
            died = True
    assert died or count
    for check in (True, False):
        bed.call(wanted, check=check)
    assert not bed.call(wanted).plan.changed
    assert (bed.dest / "p1").read_text() == "package 1"
    assert (bed.dest / "p2").read_text() == "ours"
    assert sorted(path.name for path in bed.dest.iterdir()) == ["new", "p1", "p2"]
    bed.call(state="absent")
    after = {name: node for name, node in bed.snapshot().items() if not name.startswith("lib")}
    assert after == original


def test_what_a_killed_run_left_staged_is_removed_and_what_another_run_holds_is_not(bed: Bed) -> None:
    left = bed.etc / ".service.staged-dead"
    left.mkdir()
    (left / "key").write_text("secret")
    held = bed.etc / ".service.staged-held"
    held.mkdir()
    lock = os.open(held, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    bed.call({"a": ""})
    assert not left.exists()
    assert held.exists()
    os.close(lock)
    bed.call({"a": "1"})
    assert not held.exists()


def test_a_lost_original_is_told(bed: Bed) -> None:
    bed.dest.mkdir()
    (bed.dest / "a").write_text("package")
    bed.call({"a": "ours"})
    shutil.rmtree(bed.top / "lib/archive")
    result = bed.call(state="absent")
    assert "gone from the archive" in result.warnings[0]
    assert not (bed.dest / "a").exists()


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_original_without_a_place_is_kept_until_it_has_one(bed: Bed, state: str) -> None:
    (bed.dest / "conf.d").mkdir(parents=True)
    (bed.dest / "conf.d/o").write_text("package")
    (bed.dest / "o").write_text("package too")
    bed.call({"conf.d/o": "ours", "o": "ours", "a": "ours"})
    shutil.rmtree(bed.dest / "conf.d")
    (bed.dest / "o").unlink()
    (bed.dest / "o").mkdir()

    def call(check: bool) -> Result:
        return bed.call({"a": "ours, changed"}, check=check, state=state)

    done = four_runs(bed, call)
    assert [warning.partition(" stays in the archive")[0] for warning in done.warnings] == [
        f"the original of {bed.dest}/conf.d/o",
        f"the original of {bed.dest}/o",
    ]
    assert set(bed.owned()) - {"a"} == {"conf.d/o", "o"}
    (bed.dest / "conf.d").mkdir()
    (bed.dest / "o").rmdir()
    assert not four_runs(bed, call).warnings
    assert (bed.dest / "conf.d/o").read_text() == "package"
    assert (bed.dest / "o").read_text() == "package too"
    assert set(bed.owned()) <= {"a"}
    assert not [path for path in (bed.top / "lib").rglob("*") if path.is_file() and path.parent.name == "service"]


def race(bed: Bed, monkeypatch: pytest.MonkeyPatch, other: Callable[[], Any], mine: Callable[[], Any]) -> None:
    """Carry ``other`` out while ``mine`` is between its plan and its first step."""
    real = apply_module.edit

    def late(ledger: str) -> Any:
        monkeypatch.setattr(apply_module, "edit", real)
        other()
        return real(ledger)

    monkeypatch.setattr(apply_module, "edit", late)
    mine()


def test_two_first_runs_at_once_keep_the_real_original(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    bed.dest.mkdir()
    (bed.dest / "o").write_text("package")
    race(bed, monkeypatch, lambda: bed.call({"o": "ours"}), lambda: bed.call({"o": "ours", "a": ""}))
    assert (bed.dest / "o").read_text() == "ours"
    bed.call(state="absent")
    assert (bed.dest / "o").read_text() == "package"
    assert [path.name for path in bed.dest.iterdir()] == ["o"]


@pytest.mark.parametrize("how", ["another role", "somebody else"])
def test_what_changes_before_it_is_taken_over_stops_the_run(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    bed.dest.mkdir()
    (bed.dest / "o").write_text("package")

    def other() -> None:
        if how == "another role":
            bed.call({"o": "theirs"}, set_by="other")
        else:
            (bed.dest / "o").write_text("edited")

    with pytest.raises(Conflict, match="during this run; run again"):
        race(bed, monkeypatch, other, lambda: bed.call({"o": "ours"}))
    assert (bed.dest / "o").read_text() == ("theirs" if how == "another role" else "edited")
    assert [entry["owner"] for entry in bed.owned().values()] == (["other"] if how == "another role" else [])


def test_what_is_kept_is_private_and_what_is_beside_it_is_not_whatever_the_umask(bed: Bed) -> None:
    bed.dest.mkdir()
    (bed.dest / "a").write_text("package")
    before = os.umask(0o027)
    try:
        bed.call({"a": "ours"})
    finally:
        os.umask(before)
    top = bed.top / "lib"
    assert [oct(path.stat().st_mode)[-3:] for path in (top, top / "archive", top / "archive/config_tree")] == [
        "755", "700", "700",
    ]  # fmt: skip


def test_secret_and_unreadable_contents_are_not_shown(bed: Bed) -> None:
    bed.dest.mkdir()
    (bed.dest / "a").write_text("package-secret")
    (bed.dest / "a").chmod(0o600)
    result = bed.call({"a": "ours, open", "b": "ours-secret"}, files=[
        {"name": "b", "owner": None, "group": None, "mode": "0600", "secret": True},
    ])  # fmt: skip
    shown = str(result.plan.diff())
    assert "package-secret" not in shown
    assert "ours-secret" not in shown
    assert "ours, open" in shown
    removed = bed.call({"a": "ours, open"})
    assert "ours-secret" not in str(removed.plan.diff())
    assert "package-secret" not in str(bed.call(state="absent").plan.diff())
