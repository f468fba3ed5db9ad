# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of accounts and mailbox: what the modules are called with, and what never gets that far."""

from __future__ import annotations

import types
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.action import accounts, accounts_copy, app_password, mailbox
from ansible_collections.mailwright.mail.plugins.module_utils.accounts import argspec
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import decode, encode
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import DocumentAction

ACTIONS: dict[str, type[DocumentAction]] = {
    "accounts": accounts.ActionModule,
    "accounts_copy": accounts_copy.ActionModule,
    "mailbox": mailbox.ActionModule,
    "app_password": app_password.ActionModule,
}
SPECS = {
    "accounts": {**argspec.MAIL, **argspec.ACCOUNTS},
    "accounts_copy": argspec.COPY,
    "mailbox": {**argspec.MAIL, **argspec.MAILBOX},
    "app_password": {**argspec.APP_PASSWORD, **argspec.HANDOVER},
}
SECRET = "correct horse"


def known(name: str) -> str:
    """The module's options as the message lists them."""
    return ", ".join(sorted({*argspec.COMMON, *SPECS[name]}))


@pytest.fixture(autouse=True)
def plain_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what the base class does with a real task and connection."""
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_given, **_named: {})


def run(module: str, /, **options: Any) -> dict[str, Any]:
    """Return the action's result, which here is what it calls the module with."""

    class Action(ACTIONS[module]):  # type: ignore[misc]  # mypy does not see which class that is
        def __init__(self) -> None:
            self._task = types.SimpleNamespace(args=options, async_val=0)

        def _execute_module(self, **given: Any) -> dict[str, Any]:
            assert given["module_name"] == f"mailwright.mail.{module}"
            result: dict[str, Any] = given["module_args"]
            return result

    return Action().run(task_vars={"omit": "__omit__"})


def test_lists_and_secrets_travel_in_the_document() -> None:
    boxes = [{"address": "alice@example.com", "password": SECRET}]
    called = run("accounts", mailboxes=boxes, path="/x")
    assert decode(called.pop("document")) == {"mailboxes": boxes}
    assert called == {"path": "/x"}
    called = run("mailbox", address="alice@example.com", password=SECRET, quota="5G")
    assert decode(called.pop("document")) == {"password": SECRET}
    assert called == {"address": "alice@example.com", "quota": "5G"}
    held = [{"mailbox": "alice@example.com", "name": "phone", "password": SECRET}]
    called = run("accounts", app_passwords=held)
    assert decode(called.pop("document")) == {"app_passwords": held}
    assert called == {}
    called = run("app_password", mailbox="alice@example.com", name="phone", password=SECRET)
    assert decode(called.pop("document")) == {"password": SECRET}
    assert called == {"mailbox": "alice@example.com", "name": "phone"}


def test_an_empty_list_of_app_passwords_is_handed_over() -> None:
    """It says that a purge is meant for them."""
    assert decode(run("accounts", app_passwords=[])["document"]) == {"app_passwords": []}


@pytest.mark.parametrize("password", [{}, {"password": None}, {"password": "__omit__"}])
def test_where_nothing_is_hidden_there_is_no_document(password: dict[str, Any]) -> None:
    """Ansible would take it for a secret and blank it in the result: each {} in a display name."""
    options = {"address": "alice@example.com", "display_name": "a {} b"}
    assert "document" not in run("mailbox", **options, **password)


def test_empty_values_are_handed_over() -> None:
    assert decode(run("mailbox", address="a@example.com", password="")["document"]) == {"password": ""}


@pytest.mark.parametrize("name", ACTIONS)
def test_the_databases_password_is_hidden_too(name: str) -> None:
    called = run(name, backend="postgresql", login_password=SECRET)
    assert decode(called.pop("document")) == {"login_password": SECRET}
    assert SECRET not in str(called)


@pytest.mark.parametrize("source", [{"login_host": "db"}, "login_host=db", '{"login_host": "db"}'])
def test_the_password_of_the_copied_database_is_hidden_too(source: dict[str, str] | str) -> None:
    """The host's log has what a module was called with, and in a dictionary Ansible misses a password like this one."""
    secret = 'it\'s \\ "this"'
    given = {**source, "login_password": secret} if isinstance(source, dict) else source
    called = run("accounts_copy", source=given, login_password="x")
    assert called.pop("source") == {"login_host": "db"}
    hidden = {"source": {"login_password": secret}} if isinstance(source, dict) else {}
    assert decode(called.pop("document")) == {"login_password": "x", **hidden}
    called = run("accounts_copy", source='login_host=db login_password="a b"')
    assert called.pop("source") == {"login_host": "db"}
    assert decode(called.pop("document")) == {"source": {"login_password": "a b"}}


@pytest.mark.parametrize("source", [None, 7, "db"])
def test_what_is_no_source_is_left_to_the_module(source: Any) -> None:
    assert run("accounts_copy", source=source) == {"source": source}


@pytest.mark.parametrize("name", ACTIONS)
def test_every_option_of_the_module_is_known(name: str) -> None:
    options = dict.fromkeys({**argspec.COMMON, **SPECS[name]}, "x")
    if "src" in options:
        options["src"] = ""
    assert "failed" not in run(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        (
            "accounts",
            {"mailboxen": [{"address": "alice@example.com", "password": SECRET}]},
            f"the option mailboxen is not known; known are {known('accounts')}",
        ),
        (
            "mailbox",
            {"address": "alice@example.com", "passwort": SECRET, "kwota": "5G"},
            f"the options kwota, passwort are not known; known are {known('mailbox')}",
        ),
        (
            "mailbox",
            {"document": encode({"password": SECRET})},
            "document is for the collection's own use; give the options themselves",
        ),
    ],
)
def test_unknown_options_are_refused_without_their_values(name: str, options: dict[str, Any], told: str) -> None:
    assert run(name, **options) == {"failed": True, "msg": told}
