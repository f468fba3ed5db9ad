# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the modules' common options to a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import Conflict, InvalidValue
from .model import Accounts
from .postgresql.connection import Server
from .postgresql.store import PostgresqlStore
from .sqlite import SqliteStore
from .store import Store, StoreAbsent

DEFAULT_PATH = "/var/lib/mailwright/accounts.db"
# option -> field of `Server`
_SERVER = {
    "login_host": "host",
    "login_port": "port",
    "login_user": "user",
    "login_password": "password",
    "login_db": "database",
    "ssl_mode": "ssl_mode",
    "ca_cert": "ca_cert",
}
_OPTIONS = {"sqlite": ("path",), "postgresql": tuple(_SERVER)}


def open_store(params: Mapping[str, Any]) -> Store:
    """Return the store that the modules' common options name; ``None`` is an option that was not given.

    Raises:
        InvalidValue, Conflict: an option cannot be, or belongs to another backend.
    """
    backend, timeout = params["backend"], params["lock_timeout"]
    if timeout < 0:
        raise InvalidValue("lock_timeout", timeout, "is negative", "give seconds, 0 for not waiting at all")
    for other, options in _OPTIONS.items():
        # An empty value says nothing: roles hand on what may be empty.
        given = [name for name in options if params.get(name) not in (None, "")]
        if given and other != backend:
            raise Conflict(
                f"{', '.join(given)}: only stores of the backend {other} have that, and backend is {backend}; "
                f"give backend: {other}, or leave {'it' if len(given) == 1 else 'them'} out"
            )
    if backend == "sqlite":
        return SqliteStore(params.get("path") or DEFAULT_PATH, timeout)
    server = {field: params[name] for name, field in _SERVER.items() if params.get(name) is not None}
    return PostgresqlStore(Server(**server), timeout)


def read_store(store: Store, *, predict: bool) -> tuple[Accounts, list[str]]:
    """Return what is in the store, and warnings.

    With ``predict``, in check mode, nothing is found where a server or its driver is not there yet: an earlier task
    would have made it.

    Raises:
        StoreError: as `Store.read`.
    """
    try:
        return store.read(), []
    except StoreAbsent as error:
        if not predict:
            raise
        return Accounts(), [f"{error}. Nothing was found; a run fails unless an earlier task mends that"]
