# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail between the plan and the moment in which it goes: others write to the store, deliver, and remove as well."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts import mailfiles
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.mailremoval import MailRemoval
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts, Domain, Mailbox
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable

ALICE = "alice@example.com"


@pytest.fixture
def removal(tmp_path: Path) -> MailRemoval:
    (tmp_path / "example.com/alice/mail").mkdir(parents=True)
    wanted = parse_wanted(
        domains=[{"name": "example.org", "state": "absent", "mail_data": "archive"}],
        mailboxes=[{"address": ALICE, "state": "absent", "mail_data": "archive"}],
    )
    removal = MailRemoval({"mail_root": str(tmp_path), "archive_path": None}, wanted)
    assert [change.action for change in removal.find()] == ["change"]
    return removal


def archives(root: Path) -> list[Path]:
    return list((root / ".archive" / ALICE).glob("*"))


def test_mail_of_a_mailbox_that_somebody_added_again_stays(removal: MailRemoval, tmp_path: Path) -> None:
    added = Accounts({"example.com": Domain("example.com")}, {ALICE: Mailbox(ALICE)})
    removal.remove(nullcontext, lambda: added)
    assert (tmp_path / "example.com/alice/mail").is_dir()
    assert not archives(tmp_path)


def test_mail_that_another_run_has_moved_is_no_error(removal: MailRemoval, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "example.com")
    removal.remove(nullcontext, Accounts)
    assert not archives(tmp_path)


def late_delivery(root: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the directory be made anew so often after it was renamed."""
    rename, left = mailfiles.os.rename, [times]

    def and_deliver(*arguments: object, **options: int) -> None:
        rename(*arguments, **options)  # type: ignore[arg-type] # passed on as they came
        if left[0]:
            left[0] -= 1
            (root / "example.com/alice/mail").mkdir(parents=True)

    monkeypatch.setattr(mailfiles.os, "rename", and_deliver)


def test_what_a_late_delivery_makes_goes_as_well(
    removal: MailRemoval, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_delivery(tmp_path, monkeypatch, 2)
    removal.remove(nullcontext, Accounts)
    assert len(archives(tmp_path)) == 3
    assert not (tmp_path / "example.com/alice").exists()


def test_deliveries_without_end_are_told(removal: MailRemoval, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late_delivery(tmp_path, monkeypatch, 99)
    with pytest.raises(Unavailable, match=r"alice is made again and again; something still delivers there\. None is"):
        removal.remove(nullcontext, Accounts)
