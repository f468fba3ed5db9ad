# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and groups by name."""

from __future__ import annotations

import os
import pwd

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.owners import Accounts, group_name, user_name


def test_names_and_numbers() -> None:
    accounts = Accounts(check_mode=False)
    assert accounts.uid("root") == accounts.uid("0") == 0
    assert accounts.gid("root") == accounts.gid("0") == 0
    assert accounts.uid("4294967294") == 4294967294
    assert (accounts.uid(None), accounts.gid(None)) == (os.geteuid(), os.getegid())
    assert accounts.uid(pwd.getpwuid(os.geteuid()).pw_name) == os.geteuid()


@pytest.mark.parametrize(
    "name", ["", "no such user", "a\0b", "\udcff", "4294967295", "99999999999", "-1", "1.0", "\u0663"]
)
def test_a_user_who_does_not_exist(name: str) -> None:
    with pytest.raises(Unavailable, match="there is no such user on this host; create it first"):
        Accounts(check_mode=False).uid(name)
    accounts = Accounts(check_mode=True)
    assert accounts.uid(name) is accounts.uid(name) is None
    assert accounts.missing == [f"owner {name}: there is no such user on this host yet"]


def test_numbers_without_a_name() -> None:
    assert (user_name(0), group_name(0)) == ("root", "root")
    assert (user_name(4294967294), group_name(4294967294)) == ("4294967294", "4294967294")
