# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated app passwords: what they are, and the file that they wait in."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts import handover as handover_file
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.handover import ALPHABET, Handover, make_password
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, AppPassword
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted_app_password import (
    WantedAppPassword,
    parse_wanted_app_password,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError

NONE = Accounts()
WANTED = WantedAppPassword("alice@example.com", "phone")
THERE = Accounts(app_passwords={WANTED.key: AppPassword("alice@example.com", "phone", "{X}y")})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "phone"


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(MailwrightError) as error:
        call()
    return str(error.value)


def test_passwords_have_125_bits_and_are_easy_to_type() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert not set(ALPHABET) & set("lo01")
    made = [make_password() for _number in range(200)]
    assert len(set(made)) == 200
    for password in made:
        groups = password.split("-")
        assert [len(group) for group in groups] == [5] * 5
        assert set(password) <= {*ALPHABET, "-"}
    # Every character at every place: none is left out by the way they are chosen.
    assert {password[0] for password in (make_password() for _number in range(2000))} == set(ALPHABET)


def test_one_is_made_and_waits_in_its_file(file: Path) -> None:
    handover = Handover(str(file), returned=False)
    wanted = handover.prepare(WANTED, NONE, predict=False)
    assert wanted.password is not None and wanted.new_recipe.name == "SHA512-CRYPT"
    assert handover.password is None
    assert not file.exists()
    assert [(change.kind, change.action) for change in handover.changes()] == [("password_file", "add")]
    # The same again when the store has changed in between.
    assert handover.prepare(WANTED, NONE, predict=False) == wanted
    handover.write()
    assert file.read_text() == f"{wanted.password}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert handover.prepare(WANTED, NONE, predict=False) == wanted
    assert not handover.writes


def test_check_mode_makes_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(handover_file, "make_password")
    handover = Handover(str(file), returned=True)
    assert handover.prepare(WANTED, NONE, predict=True).password == ""
    assert handover.writes and handover.password is None


def test_a_file_that_is_there_is_taken_and_not_written(file: Path) -> None:
    file.write_text("my own words\n")
    file.chmod(0o640)
    handover = Handover(str(file), returned=True)
    for predict in (True, False):
        assert handover.prepare(WANTED, NONE, predict=predict).password == "my own words"
        assert not handover.writes and not handover.changes()
        assert handover.warnings == [f"password_file {file}: others may read it; give it the mode 0600"]
    assert handover.password == "my own words"
    assert file.read_text() == "my own words\n"


def test_nothing_is_done_for_one_that_is_there(file: Path) -> None:
    for content in (None, "something else\n"):
        if content:
            file.write_text(content)
        handover = Handover(str(file), returned=True)
        assert handover.prepare(WANTED, THERE, predict=False) == WANTED
        assert not handover.changes() and handover.password is None
    # Nor is it asked how to hand it over.
    assert Handover("", returned=False).prepare(WANTED, THERE, predict=False) == WANTED


def test_a_file_that_appears_meanwhile_is_not_overwritten(file: Path) -> None:
    handover = Handover(str(file), returned=False)
    handover.prepare(WANTED, NONE, predict=False)
    file.write_text("theirs\n")
    assert refused(handover.write) == f"{file} cannot be written: File exists"
    assert file.read_text() == "theirs\n"
    assert list(file.parent.iterdir()) == [file]


def test_the_file_goes_with_the_app_password(file: Path) -> None:
    file.write_text("x\n")
    absent = parse_wanted_app_password({"mailbox": "alice@example.com", "name": "phone", "state": "absent"})
    for found in (THERE, NONE):
        handover = Handover(str(file), returned=False)
        handover.prepare(absent, found, predict=False)
        assert [change.action for change in handover.changes()] == ["remove"]
    handover.remove()
    assert not file.exists()
    handover.remove()
    handover.prepare(absent, THERE, predict=False)
    assert not handover.changes()


def test_nobody_would_get_to_know_it() -> None:
    told = refused(lambda: Handover("", returned=False).prepare(WANTED, NONE, predict=True))
    assert told.startswith("app password alice@example.com/phone is new, and nobody would get to know the password")
    assert "give password_file or return_password: true" in told


@pytest.mark.parametrize(("file", "returned"), [("/root/x", False), ("", True)])
def test_own_passwords_are_not_handed_over(file: str, returned: bool) -> None:
    own = parse_wanted_app_password({"mailbox": "alice@example.com", "name": "phone", "password": "my secret"})
    told = refused(lambda: Handover(file, returned).prepare(own, NONE, predict=False))
    assert "hand over a generated password; leave them out" in told
    assert "my secret" not in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"one\ntwo\n", "has a control character or newline"),
        (b"one\r\n", "has a control character or newline"),
        (b"a\0b\n", "has a control character or newline"),
        (b"\xfc\xff", "is no UTF-8 text"),
        (b"x" * 1000, "has 1000 bytes, and SHA512-CRYPT reads only 511"),
    ],
)
def test_a_file_without_a_password_is_refused(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    message = refused(lambda: Handover(str(file), returned=False).prepare(WANTED, NONE, predict=True))
    assert message.startswith(f"the password of app password alice@example.com/phone in {file} {told}")
    assert file.read_bytes() == content


def test_files_that_cannot_be_are_told(tmp_path: Path) -> None:
    assert "is no full path; start it with /" in refused(
        lambda: Handover("phone.txt", returned=False).prepare(WANTED, NONE, predict=True)
    )
    assert "cannot be read: Is a directory" in refused(
        lambda: Handover(str(tmp_path), returned=False).prepare(WANTED, NONE, predict=True)
    )
    (tmp_path / "link").symlink_to("nowhere")
    assert "is a symbolic link that leads nowhere" in refused(
        lambda: Handover(str(tmp_path / "link"), returned=False).prepare(WANTED, NONE, predict=True)
    )
    missing = Handover(str(tmp_path / "no" / "phone"), returned=False)
    missing.prepare(WANTED, NONE, predict=False)
    assert missing.warnings == [
        f"password_file {tmp_path}/no/phone: its directory is not there; a run fails unless an earlier task makes it"
    ]
    assert refused(missing.write) == f"{tmp_path}/no/phone cannot be written: No such file or directory"
