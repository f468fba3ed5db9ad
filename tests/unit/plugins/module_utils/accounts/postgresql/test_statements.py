# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements, rows, rights and messages, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql import errors, published, rights
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.dialect import (
    CopyStream,
    copy_rows,
    delete_rows,
    quoted,
    translated,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import CREDENTIAL_COLUMNS, TABLES
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schema import MIGRATIONS

ROLES = published.SCHEMAS


def test_statements_are_postgresqls() -> None:
    assert translated("CREATE TABLE t (a TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID") == (
        'CREATE TABLE t (a TEXT COLLATE "C" PRIMARY KEY, n BIGINT NOT NULL)'
    )
    for statement in (one for migration in MIGRATIONS for one in migration):
        assert "ROWID" not in translated(statement)
        assert "INTEGER" not in translated(statement)


def test_rows_are_deleted_by_arrays_of_their_keys() -> None:
    assert delete_rows("t", ("a", "b")) == (
        "DELETE FROM t AS found USING unnest(%s::text[], %s::text[]) AS gone(k0, k1)"
        " WHERE found.a = gone.k0 AND found.b = gone.k1"
    )
    assert copy_rows("s.t", ("a", "b")) == "COPY s.t (a, b) FROM STDIN"
    assert quoted('a"b') == '"a""b"'


def test_rows_are_streamed_as_copy_reads_them() -> None:
    stream = CopyStream([("a\tb\\.", 1), ("\\N", True), ("", 2**62), ("zeilen\r\n 名", 0)])
    assert stream.read(3) == b"a\\t"
    rest = b""
    while part := stream.read(8192):
        rest += part
    assert rest.decode() == "b\\\\.\t1\n\\\\N\t1\n\t4611686018427387904\nzeilen\\r\\n 名\t0\n"
    assert stream.read() == b""


def test_a_bulk_of_rows_is_never_in_memory_at_once() -> None:
    made = []

    def rows() -> Any:
        for number in range(100_000):
            made.append(number)
            yield (f"user{number}@example.com", number)

    stream = CopyStream(rows())
    first = stream.read()
    assert 0 < len(made) < 5000
    assert first.startswith(b"user0@example.com\t0\n")
    total = len(first)
    while part := stream.read():
        total += len(part)
    assert (len(made), total) == (100_000, sum(len(f"user{n}@example.com\t{n}\n") for n in range(100_000)))


def right(kind: str, name: str, wanted: str, has: bool = False) -> rights.Right:
    return kind, name, wanted, has


@pytest.mark.parametrize(
    ("found", "writing", "told"),
    [
        ([right("SCHEMA", "mailwright", "USAGE", True)], True, ""),
        (
            [right("DATABASE", "Mail", "CREATE")],
            True,
            'the role mw lacks CREATE on the database Mail; GRANT CREATE ON DATABASE "Mail" TO mw',
        ),
        (
            [right("SCHEMA", "mailwright", "CREATE"), right("TABLE", "mailwright.domains", "SELECT")],
            False,
            "the role mw lacks SELECT on the table mailwright.domains; GRANT SELECT ON TABLE mailwright.domains TO mw",
        ),
        ([right("TABLE", "mailwright_postfix.senders", "SELECT")], False, ""),
        (
            [right("TABLE", f"mailwright.t{number}", "INSERT") for number in range(3)],
            True,
            "the role mw lacks INSERT on 3 tables of the schema mailwright; "
            "GRANT INSERT ON ALL TABLES IN SCHEMA mailwright TO mw",
        ),
        (
            [right("TABLE", "mailwright.t", "ownership"), right("TABLE", "mailwright.t", "INSERT")],
            True,
            "the role mw lacks INSERT on the table mailwright.t; GRANT INSERT ON TABLE mailwright.t TO mw",
        ),
        (
            [right("TABLE", "mailwright.t", "ownership")],
            True,
            "the role mw lacks the ownership on the table mailwright.t; ALTER TABLE mailwright.t OWNER TO mw",
        ),
    ],
)
def test_missing_rights_are_named_with_their_remedy(found: list[rights.Right], writing: bool, told: str) -> None:
    assert rights.missing("mw", found, writing=writing) == told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("42501", "the account store S refuses: text"),
        ("42P01", "the account store S is damaged or no account store (text); restore it from a backup"),
        ("25006", "the account store S is read-only (text); give the primary server as login_host"),
        ("53100", "the account store S cannot grow (text); make room on the server's disk"),
        ("57014", "the account store S cannot be used: text (57014); look at the server and its log"),
        ("", "the account store S cannot be used: text; look at the server and its log"),
    ],
)
def test_what_the_server_refuses_is_told(code: str, told: str) -> None:
    assert errors.refused("S", code, "text") == told


def test_a_server_that_went_away_is_told() -> None:
    assert [errors.is_gone(code, closed) for code, closed in (("57P01", False), ("08006", False), ("", True))] == [
        True
    ] * 3
    assert not errors.is_gone("57014", closed=False)
    assert "nothing was changed; run again" in errors.gone("S", "text", committing=False, committed=False)
    assert "nothing was changed" not in errors.gone("S", "text", committing=False, committed=True)
    assert "either all or not at all" in errors.gone("S", "text", committing=True, committed=False)


def test_who_has_the_lock_is_told() -> None:
    holders = [(7, "mailwright on mx1 (process 4711)", "192.0.2.1"), (8, "psql", None)]
    assert errors.locked("S", holders, 30) == (
        "the account store S is locked by mailwright on mx1 (process 4711) from 192.0.2.1, server process 7 and psql "
        "from the server itself, server process 8, still after 30 s; "
        "wait until that has finished, or raise lock_timeout"
    )
    assert "locked by another session, still after 0.5 s" in errors.locked("S", [], 0.5)


def test_all_tables_are_published(found: Accounts) -> None:
    tables = dict(published.contents(found))
    assert {table.name for table in tables if table.service == "postfix"} == {*TABLES, "meta"}
    assert [table.name for table in tables if table.service == "dovecot"] == ["users", "app_passwords", "meta"]
    for table, rows in tables.items():
        assert all(row[: table.keys] == key and len(row) == len(table.columns) for key, row in rows.items())
    users = next(table for table in tables if table.name == "users")
    assert users.columns == CREDENTIAL_COLUMNS
    assert ("quota", "bigint") in users.types
    assert ("imap", "integer") in users.types
    assert users.create("x.y").endswith("sieve integer NOT NULL, PRIMARY KEY (address))")


def current() -> dict[str, Any]:
    meta = {"format": str(published.FORMAT), "generation": "7"}
    return {
        "generation": 7,
        "metas": {"postfix": dict(meta), "dovecot": dict(meta)},
        "tables": {(table.schema, table.name): table.types for table in published.PUBLISHED},
        "grants": published.wanted_grants(ROLES),
        "roles": set(ROLES),
    }


def test_what_is_published_is_current() -> None:
    assert published.outdated(**current()) == {}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("tables", {}, {"postfix": "nothing is published", "dovecot": "nothing is published"}),
        ("generation", 8, dict.fromkeys(published.SERVICES, "generation 7 is published")),
        ("roles", {"mailwright_postfix"}, {"dovecot": "the rights to read differ"}),
        ("metas", {"postfix": {"format": "0", "generation": "7"}}, {"postfix": "format 0 is published"}),
        ("metas", {"postfix": {}}, {"postfix": "format none is published"}),
    ],
)
def test_what_is_outdated_is_told(field: str, value: Any, told: dict[str, str]) -> None:
    given = current()
    given[field] = {**given[field], **value} if field == "metas" else value
    assert published.outdated(**given) == told


def test_a_right_in_the_stores_own_schema_concerns_all() -> None:
    given = current()
    given["grants"] = {*given["grants"], ("mailwright", "", "public", "USAGE")}
    assert set(published.outdated(**given)) == {"postfix", "dovecot"}


def test_rights_are_granted_and_taken_away() -> None:
    wanted = published.wanted_grants({"mailwright_dovecot"})
    assert ("mailwright_dovecot", "users", "mailwright_dovecot", "SELECT") in wanted
    assert all(one[2] == "mailwright_dovecot" for one in wanted)
    wrong = ("mailwright", "mailboxes", "public", "SELECT")
    statements = published.grant_statements({wrong}, wanted)
    assert statements[0] == "REVOKE SELECT ON TABLE mailwright.mailboxes FROM public"
    assert "GRANT USAGE ON SCHEMA mailwright_dovecot TO mailwright_dovecot" in statements
    assert "GRANT SELECT ON TABLE mailwright_dovecot.users TO mailwright_dovecot" in statements
    assert published.grant_statements(wanted, wanted) == []
