# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.argspec import COMMON
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.backends import open_store, read_store
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.connection import SSL_MODES, Server
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.store import PostgresqlStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import StoreAbsent
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError


def params(**given: Any) -> dict[str, Any]:
    return {**{name: option.get("default") for name, option in COMMON.items()}, **given}


def test_a_file_is_the_default() -> None:
    store = open_store(params())
    assert isinstance(store, SqliteStore)
    assert store.location == "/var/lib/mailwright/accounts.db"
    assert open_store(params(path="/x.db")).location == "/x.db"


def test_a_database_is_the_local_one_unless_it_is_named() -> None:
    store = open_store(params(backend="postgresql"))
    assert isinstance(store, PostgresqlStore)
    assert (store.location, store.exposure(), store.readers(), store.outdated()) == (
        "postgresql:///mailwright",
        "",
        None,
        {},
    )
    named = open_store(params(backend="postgresql", login_host="db", login_port=1, login_db="mail"))
    assert named.location == "postgresql://db:1/mail"
    store.close()


def test_the_options_choices_are_libpqs() -> None:
    assert tuple(COMMON["ssl_mode"]["choices"]) == SSL_MODES
    assert Server().ssl_mode in SSL_MODES


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lock_timeout": -1}, "lock_timeout -1: is negative"),
        ({"login_host": "db"}, "login_host: only stores of the backend postgresql have that, and backend is sqlite; "),
        ({"login_port": 1, "ca_cert": "/x"}, "login_port, ca_cert: only stores of the backend postgresql have that"),
        ({"login_password": "secret"}, "give backend: postgresql, or leave it out"),
        ({"backend": "postgresql", "path": "/x.db"}, "path: only stores of the backend sqlite have that"),
    ],
)
def test_options_of_another_backend_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(MailwrightError) as caught:
        open_store(params(**given))
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_nothing_found_in_check_mode(tmp_path: Path) -> None:
    """With the driver no socket, without it no driver: neither is there on a bare host."""
    store = open_store(params(backend="postgresql", login_host=str(tmp_path)))
    found, warnings = read_store(store, predict=True)
    assert found == Accounts()
    assert "Nothing was found; a run fails unless an earlier task mends that" in warnings[0]
    with pytest.raises(StoreAbsent):
        read_store(store, predict=False)
