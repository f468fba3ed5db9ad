# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""mail_data of mailbox, domain and accounts: mail kept, archived and deleted, and every way in which that can fail."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.processes import NOBODY, in_child, killed_at

Result = dict[str, Any]
Run = Callable[..., Result]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
MESSAGES = 3
STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z(\.[0-9]+)?")
needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "accounts.db"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "vmail"
    root.mkdir()
    return root


@pytest.fixture
def run(run_module: Run, path: Path, root: Path) -> Run:
    """Run a module on the test's store and mail."""
    return lambda name, /, **options: run_module(name, path=str(path), mail_root=str(root), lock_timeout=1, **options)


@pytest.fixture
def base(run: Run, path: Path, root: Path) -> None:
    (path.parent / "published" / "dovecot").mkdir(parents=True)
    run(
        "accounts",
        domains=[{"name": "example.com"}, {"name": "example.org"}],
        mailboxes=[
            {"address": address, "password_hash": HASH}
            for address in ("alice@example.com", "bob@example.com", "carol@example.org")
        ],
    )
    for place in ("example.com/alice", "example.com/bob", "example.org/carol", "lost+found/alice"):
        deliver(root, place)


def deliver(root: Path, place: str) -> None:
    """Let a mailbox have messages, and a link out of it."""
    new = root / place / "mail" / "new"
    new.mkdir(parents=True)
    for number in range(MESSAGES):
        (new / f"{number}.M1").write_text(f"{place} {number}")
    (root / place / "link").symlink_to("/etc")


def messages(directory: Path) -> list[str]:
    """Return what the messages below ``directory`` say."""
    return sorted(file.read_text() for file in directory.rglob("*.M1"))


def archived(root: Path, owner: str) -> list[Path]:
    """Return the archives of ``owner``."""
    found = sorted((root / ".archive" / owner).iterdir()) if (root / ".archive" / owner).exists() else []
    assert all(STAMP.fullmatch(one.name) for one in found)
    return found


def whole(place: str) -> list[str]:
    return [f"{place} {number}" for number in range(MESSAGES)]


def diff_text(result: Result) -> str:
    return str(result["diff"]["before"] + result["diff"]["after"])


def test_mail_is_kept_unless_asked_for(run: Run, base: None, root: Path) -> None:
    result = run("mailbox", address="alice@example.com", state="absent")
    assert result["changed"]
    assert result["mail"] == []
    assert messages(root / "example.com/alice") == whole("example.com/alice")
    assert not (root / ".archive").exists()


def test_an_archive_is_predicted_made_and_then_nothing_is_left_to_do(run: Run, base: None, root: Path) -> None:
    options = {"address": "Alice@EXAMPLE.com", "state": "absent", "mail_data": "archive"}
    foretold = run("mailbox", check=True, **options)
    assert messages(root / "example.com/alice") == whole("example.com/alice")
    done = run("mailbox", **options)
    assert foretold == done
    assert done["mail"] == [{"path": f"{root}/example.com/alice", "archive": f"{root}/.archive/alice@example.com"}]
    assert f"mail {root}/example.com/alice\n  place: {root}/example.com/alice\n" in done["diff"]["before"]
    assert f"  place: {root}/.archive/alice@example.com/\n" in done["diff"]["after"]
    [archive] = archived(root, "alice@example.com")
    assert messages(archive) == whole("example.com/alice")
    assert not (root / "example.com/alice").exists()
    for directory in (root / ".archive", root / ".archive/alice@example.com"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    # What is others' is where it was.
    for place in ("example.com/bob", "example.org/carol", "lost+found/alice"):
        assert messages(root / place) == whole(place)
    for check in (True, False):
        assert not run("mailbox", check=check, **options)["changed"]


def test_mail_that_an_earlier_removal_kept_is_archived_or_deleted_later(run: Run, base: None, root: Path) -> None:
    run("mailbox", address="alice@example.com", state="absent")
    run("mailbox", address="bob@example.com", state="absent")
    for address, mail_data in (("alice@example.com", "archive"), ("bob@example.com", "delete")):
        options = {"address": address, "state": "absent", "mail_data": mail_data}
        assert run("mailbox", check=True, **options) == run("mailbox", **options)
        assert not run("mailbox", **options)["changed"]
    assert len(archived(root, "alice@example.com")) == 1
    assert not list((root / "example.com").iterdir())
    assert not (root / ".deleting").exists()


def test_archives_of_one_second_stand_side_by_side(run: Run, base: None, root: Path) -> None:
    for number in range(5):
        run("mailbox", address="alice@example.com", password_hash=HASH)
        if number:
            deliver(root, "example.com/alice")
        run("mailbox", address="alice@example.com", state="absent", mail_data="archive")
    found = archived(root, "alice@example.com")
    assert len(found) == 5
    assert all(messages(one) == whole("example.com/alice") for one in found)


def test_state_present_leaves_the_mail_alone(run: Run, base: None, root: Path) -> None:
    assert not run("mailbox", address="alice@example.com", mail_data="delete")["changed"]
    assert not run("domain", name="example.com", mail_data="delete")["changed"]
    assert messages(root / "example.com/alice") == whole("example.com/alice")


@pytest.mark.parametrize("mail_data", ["archive", "delete"])
def test_a_domain_takes_everything_below_it_along(run: Run, base: None, root: Path, mail_data: str) -> None:
    deliver(root, "example.com/gone-long-ago")
    options = {"name": "example.com", "state": "absent", "cascade": True, "mail_data": mail_data}
    foretold = run("domain", check=True, **options)
    done = run("domain", **options)
    assert foretold == done
    names = {"example.org", "lost+found", *([".archive"] if mail_data == "archive" else [])}
    assert {entry.name for entry in root.iterdir()} == names
    if mail_data == "archive":
        [archive] = archived(root, "example.com")
        assert {entry.name for entry in archive.iterdir()} == {"alice", "bob", "gone-long-ago"}
        assert len(messages(archive)) == 3 * MESSAGES
    assert Path("/etc/passwd").exists()
    assert not run("domain", **options)["changed"]


def test_accounts_takes_both_and_a_mailbox_goes_before_its_domain(run: Run, base: None, root: Path) -> None:
    lists: dict[str, Any] = {
        "domains": [{"name": "example.com", "state": "absent", "cascade": True, "mail_data": "archive"}],
        "mailboxes": [
            {"address": "alice@example.com", "state": "absent", "mail_data": "delete"},
            {"address": "carol@example.org", "state": "absent", "mail_data": "archive"},
            {"address": "never@example.org", "state": "absent", "mail_data": "archive"},
        ],
    }
    foretold, done = run("accounts", check=True, **lists), run("accounts", **lists)
    assert foretold == done
    assert [step["path"] for step in done["mail"]] == [
        f"{root}/example.com/alice",
        f"{root}/example.org/carol",
        f"{root}/example.com",
    ]
    assert {entry.name for entry in archived(root, "example.com")[0].iterdir()} == {"bob"}
    assert len(archived(root, "carol@example.org")) == 1
    assert not run("accounts", **lists)["changed"]


def test_a_purge_keeps_mail(run: Run, base: None, root: Path) -> None:
    result = run("accounts", domains=[{"name": "example.com"}], purge="all", purge_limit="100%")
    assert result["counts"]["mailbox"]["remove"] == 3
    assert messages(root / "example.com/alice") == whole("example.com/alice")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mail_root": "vmail"}, "mail_root 'vmail': is no directory of its own; give an absolute path"),
        ({"mail_root": "/"}, "mail_root '/': is no directory of its own; give an absolute path"),
        ({"archive_path": "{root}/example.net/x"}, "lies where a domain's mail could; give a path outside"),
        ({"archive_path": "{root}"}, "lies where a domain's mail could"),
        ({"archive_path": "{root}/.deleting/old"}, "lies where mail is deleted; give a path outside"),
        ({"mail_root": ""}, "mail_root '': is no directory of its own; give an absolute path"),
    ],
)
def test_bad_paths_are_refused(run_module: Run, path: Path, root: Path, options: dict[str, str], told: str) -> None:
    given = {"mail_root": str(root), **{name: value.format(root=root) for name, value in options.items()}}
    result = run_module(
        "mailbox", path=str(path), address="a@example.com", state="absent", mail_data="archive", **given
    )
    assert told in result["msg"]


def test_a_bad_value_is_refused_in_a_list(run: Run) -> None:
    result = run("domain", name="example.com", state="absent", mail_data="burn")
    assert result["failed"]
    assert "keep, archive, delete" in result["msg"]


@pytest.mark.parametrize("mail_data", ["archive", "delete"])
@pytest.mark.parametrize(
    ("name", "make", "told"),
    [
        ("example.com/alice", lambda place: place.symlink_to("/etc"), "alice is a symbolic link"),
        ("example.com/alice", lambda place: place.write_text("x"), "alice is no directory"),
        ("example.com/alice", os.mkfifo, "alice is no directory"),
        ("example.com", lambda place: place.symlink_to("/etc"), "example.com is a symbolic link"),
    ],
)
def test_what_is_no_directory_is_refused_before_anything_changes(
    run: Run, base: None, root: Path, path: Path, mail_data: str, name: str, make: Callable[[Path], Any], told: str
) -> None:
    (root / name).rename(root / "aside")
    make(root / name)
    before = path.read_bytes()
    for check in (True, False):
        result = run("mailbox", check=check, address="alice@example.com", state="absent", mail_data=mail_data)
        assert result["failed"]
        assert told in result["msg"]
    assert path.read_bytes() == before


def test_an_archive_that_others_can_read_is_refused(run: Run, base: None, root: Path) -> None:
    (root / ".archive").mkdir(mode=0o755)
    result = run("mailbox", address="alice@example.com", state="absent", mail_data="archive")
    assert "only" in result["msg"]
    assert "0700" in result["msg"]
    (root / ".archive").rmdir()
    (root / ".archive").symlink_to("/tmp")
    assert run("mailbox", address="alice@example.com", state="absent", mail_data="archive")["failed"]
    assert messages(root / "example.com/alice") == whole("example.com/alice")


def test_an_archive_of_another_place_on_the_file_system(run: Run, base: None, root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "var" / "archive"
    options = {"address": "alice@example.com", "state": "absent", "mail_data": "archive", "archive_path": str(archive)}
    assert run("mailbox", check=True, **options) == run("mailbox", **options)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o700
    assert messages(archive) == whole("example.com/alice")
    assert not (root / ".archive").exists()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Another file system, which takes few names."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@needs_mount
def test_another_file_system_is_refused(run: Run, base: None, root: Path, small: Path) -> None:
    for check in (True, False):
        result = run(
            "mailbox",
            check=check,
            address="alice@example.com",
            state="absent",
            mail_data="archive",
            archive_path=f"{small}/deep/archive",
        )
        assert "another file system" in result["msg"]
    assert messages(root / "example.com/alice") == whole("example.com/alice")


@needs_mount
@pytest.mark.parametrize("mail_data", ["archive", "delete"])
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
@pytest.mark.parametrize("place", ["example.com", "example.com/alice", "example.com/alice/mail/new"])
def test_mount_points_are_refused(run: Run, base: None, root: Path, mail_data: str, kind: str, place: str) -> None:
    how = ["-t", "tmpfs", "tmpfs"] if kind == "tmpfs" else ["--bind", str(root / "example.org")]
    subprocess.run(["mount", *how, root / place], check=True)
    try:
        (root / "example.com/alice").mkdir(exist_ok=True)
        result = run("mailbox", address="alice@example.com", state="absent", mail_data=mail_data)
    finally:
        subprocess.run(["umount", root / place], check=True)
    if place == "example.com" and kind == "bind":
        # Within one file system, the mailbox in a directory that is mounted elsewhere: rename(2) refuses by itself.
        assert result["failed"] or not (root / "example.com/alice").exists()
    else:
        assert result["failed"]
    assert messages(root / "example.org/carol") == whole("example.org/carol")


@needs_mount
@pytest.mark.parametrize("mail_data", ["archive", "delete"])
def test_a_full_disk_loses_nothing(run_module: Run, path: Path, small: Path, mail_data: str) -> None:
    def run(module: str, /, **options: Any) -> Result:
        return run_module(module, path=str(path), mail_root=str(small), **options)

    run("domain", name="example.com")
    run("mailbox", address="alice@example.com", password_hash="*")
    deliver(small, "example.com/alice")
    full = 0
    with pytest.raises(OSError, match="No space"):
        for full in range(100):
            (small / f"fill{full}").touch()
    options = {"address": "alice@example.com", "state": "absent", "mail_data": mail_data}
    result = run("mailbox", **options)
    assert result["failed"]
    assert "No space left on device; make room on the disk. None is lost; mend that and run again" in result["msg"]
    assert messages(small) == whole("example.com/alice")
    for number in range(full):
        (small / f"fill{number}").unlink()
    assert run("mailbox", **options)["changed"]
    assert not (small / "example.com/alice").exists()
    assert messages(small) == (whole("example.com/alice") if mail_data == "archive" else [])
    assert not run("mailbox", **options)["changed"]


@needs_mount
def test_another_user_is_told_to_become_root(run: Run, base: None, root: Path, path: Path) -> None:
    for place in (root, path):
        os.chown(place.parent, NOBODY, NOBODY)
        os.chmod(place, 0o700)
    result = in_child(
        lambda: run("mailbox", address="alice@example.com", state="absent", mail_data="archive"), as_user=NOBODY
    )
    assert "run as root" in result


# --- a run that is killed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mailbox", {"address": "alice@example.com", "mail_data": "archive"}),
        ("mailbox", {"address": "alice@example.com", "mail_data": "delete"}),
        ("domain", {"name": "example.com", "cascade": True, "mail_data": "archive"}),
        ("domain", {"name": "example.com", "cascade": True, "mail_data": "delete"}),
    ],
)
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    run: Run, base: None, root: Path, name: str, options: dict[str, Any]
) -> None:
    place = "example.com/alice" if name == "mailbox" else "example.com"
    owner = options.get("address") or options["name"]
    options = {"state": "absent", **options}
    at_first = messages(root / place)
    archives = 0
    for moment in range(1, 500):
        came_so_far = killed_at(moment, lambda: run(name, **options))
        # Either all of it is where it was, or all of it went; only what is on its way out loses messages.
        in_place = messages(root / place)
        assert in_place in (at_first, [])
        if options["mail_data"] == "archive":
            assert (in_place == at_first) != (len(archived(root, owner)) > archives)
        if not came_so_far:
            break
        run(name, **options)
        assert not (root / place).exists()
        assert not (root / ".deleting").exists()
        assert not run(name, **options)["changed"]
        if options["mail_data"] == "archive":
            archives += 1
            found = archived(root, owner)
            assert len(found) == archives
            assert all(messages(one) == at_first for one in found)
        run("domain", name="example.com")
        for local_part in ("alice", "bob"):
            run("mailbox", address=f"{local_part}@example.com", password_hash=HASH)
            if not (root / "example.com" / local_part).exists():
                deliver(root, f"example.com/{local_part}")
    assert moment > 20
    for untouched in ("example.org/carol", "lost+found/alice"):
        assert messages(root / untouched) == whole(untouched)
