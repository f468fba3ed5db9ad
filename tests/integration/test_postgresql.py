# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the store in PostgreSQL has: a server that refuses or goes away, rights, and what services read there."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from behaviour.bed import ansible, wait_for
from integration.running import Process, bulk, run
from stores.backends import PostgresqlBackend
from stores.databases import PASSWORD, PORT, DatabaseServer
from stores.planning import HOSTILE, plan_of

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import AppPassword
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.connection import Server
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.postgresql.store import LOCK, PostgresqlStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import (
    app_password_rows,
    credential_rows,
    postfix_tables,
)
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import StoreAbsent, StoreError

ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'mailwright on %'"
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86


@pytest.fixture
def base(database: PostgresqlBackend) -> dict[str, Any]:
    """A store with some accounts in it."""
    return run(
        database,
        "accounts",
        domains=[{"name": "example.com", "description": HOSTILE}],
        mailboxes=[
            {"address": "alice@example.com", "password_hash": HASH, "quota": "5G", "display_name": HOSTILE},
            {"address": "bob@example.com", "password_hash": "*", "protocols": ["imap"]},
        ],
        aliases=[{"address": "info@example.com", "destinations": ["alice@example.com", "x@example.net"]}],
    )


def refusal(server: Server) -> str:
    """Return why the store cannot be read; never with the password."""
    with closing(PostgresqlStore(server, 1)) as store, pytest.raises(StoreError) as caught:
        store.read()
    assert PASSWORD not in str(caught.value)
    assert server.password not in str(caught.value) or not server.password
    return str(caught.value)


class Session:
    """Another session of the database, as one of its roles."""

    def __init__(self, database: PostgresqlBackend, user: str = "mailwright") -> None:
        address = database.server.address(database.database, user=user)
        self.connection = psycopg2.connect(**{**address.parameters(), "application_name": "somebody else"})
        self.connection.autocommit = True

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


# Reaching the server


def test_a_server_that_is_not_there_is_told(database: PostgresqlBackend) -> None:
    right = database.server.address(database.database)
    told = refusal(replace(right, port=1))
    assert told.startswith(f"the account store postgresql://{right.host}:1/{database.database} cannot be reached as ")
    assert "Connection refused" in told
    assert "start PostgreSQL there" in told
    assert "look at login_host" in refusal(replace(right, host="no-such-host.invalid"))


def test_a_wrong_password_user_or_database_is_told(database: PostgresqlBackend) -> None:
    right = database.server.address(database.database)
    assert "look at login_user and login_password" in refusal(replace(right, password="something else"))
    assert "look at login_user and login_password" in refusal(replace(right, user="nobody"))
    missing = replace(right, database="missing")
    assert 'database "missing" does not exist; make it' in refusal(missing)
    with closing(PostgresqlStore(missing)) as store, pytest.raises(StoreAbsent):
        store.read()


def test_without_tls_nobody_is_let_in(database: PostgresqlBackend) -> None:
    right = database.server.address(database.database)
    told = refusal(replace(right, ssl_mode="disable", ca_cert=""))
    assert "no encryption" in told
    assert "let this host, user and database in" in told


def test_a_certificate_of_another_authority_or_name_is_refused(database: PostgresqlBackend, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=other",
    ]
    subprocess.run([*command, "-keyout", "/dev/null", "-out", str(other)], check=True, capture_output=True)
    right = database.server.address(database.database)
    assert "certificate verify failed; look at ssl_mode and ca_cert" in refusal(replace(right, ca_cert=str(other)))
    assert "look at ssl_mode and ca_cert" in refusal(replace(right, ca_cert=str(tmp_path / "missing.pem")))
    with closing(PostgresqlStore(replace(right, ssl_mode="verify-ca"))) as store:
        assert store.read().generation == 0


def test_another_encoding_is_refused(database: PostgresqlBackend) -> None:
    server = database.server
    server.psql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER mailwright")
    try:
        assert "has the encoding LATIN1; make it anew with ENCODING 'UTF8'" in refusal(server.address("latin"))
    finally:
        server.drop_database("latin")


def test_a_module_without_its_server_is_new_in_check_mode_only(database: PostgresqlBackend) -> None:
    local = {"login_host": "/nowhere", "ssl_mode": "prefer", "ca_cert": None}
    foretold = run(database, "accounts", check=True, **{**local, "domains": [{"name": "example.com"}]})
    assert (foretold["changed"], foretold["total"]["domains"]) == (True, 1)
    assert "cannot be reached" in str(foretold["warnings"])
    assert "Nothing was found" in str(foretold["warnings"])
    failed = run(database, "accounts", **local)
    assert failed["failed"]
    assert "install and start PostgreSQL on this host" in failed["msg"]
    refused = run(database, "accounts", check=True, login_password="something else")
    assert refused["failed"]
    assert "login_password" in refused["msg"]


# What is written


def test_each_state_is_foretold_and_kept(database: PostgresqlBackend) -> None:
    for name, options in (
        ("accounts", bulk(3)),
        ("domain", {"name": "bulk.example", "description": HOSTILE}),
        ("mailbox", {"address": "user1@bulk.example", "quota": "7G"}),
        ("alias", {"address": "alias1@bulk.example", "state": "absent"}),
        ("domain", {"name": "bulk.example", "state": "absent", "cascade": True}),
    ):
        before = database.dump()
        foretold = run(database, name, check=True, **options)
        assert database.dump() == before
        done = run(database, name, **options)
        assert done == foretold
        assert done["changed"]
        again = run(database, name, **options)
        assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})
    assert run(database, "mailbox_info")["mailboxes"] == []


def test_the_first_run_makes_the_store(database: PostgresqlBackend) -> None:
    first = run(database, "accounts")
    assert first["diff"]["after"] == f"store {database.store().location}\n  schema: 2\n"
    assert not run(database, "accounts")["changed"]
    tables = database.query("SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'mailwright%'")
    assert "mailwright|mailboxes" in tables
    assert "mailwright_postfix|senders" in tables
    assert "mailwright_dovecot|app_passwords" in tables


def test_what_services_read_is_what_the_pure_code_computes(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    with closing(database.store()) as store:
        found = store.read()
        phone = AppPassword("alice@example.com", "phone \\ 2", HASH, ("imap", "smtp"), "2031-01-31T23:59:59Z")
        after = replace(found, app_passwords={phone.key: phone})
        accounts = store.apply(AccountsPlan(found=found, after=after, touched={"app_password": [phone.key]}))
    dovecot = Session(database, "mailwright_dovecot")
    assert set(dovecot.ask("SELECT * FROM mailwright_dovecot.users")) == set(credential_rows(accounts).values())
    assert dovecot.ask("SELECT * FROM mailwright_dovecot.app_passwords") == [*app_password_rows(accounts).values()]
    postfix = Session(database, "mailwright_postfix")
    for table, entries in postfix_tables(accounts).items():
        assert dict(postfix.ask(f"SELECT key, value FROM mailwright_postfix.{table}")) == entries
    meta = [("format", "1"), ("generation", str(accounts.generation))]
    assert postfix.ask("SELECT key, value FROM mailwright_postfix.meta ORDER BY key") == meta
    assert dovecot.ask("SELECT key, value FROM mailwright_dovecot.meta ORDER BY key") == meta


def test_only_rows_that_differ_are_written(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    query = "SELECT address, xmin FROM mailwright_dovecot.users UNION SELECT key, xmin FROM mailwright_postfix.senders"
    before = set(database.query(query))
    run(database, "mailbox", address="bob@example.com", quota="1G")
    after = set(database.query(query))
    assert {row.partition("|")[0] for row in before ^ after} == {"bob@example.com"}
    assert len(after - before) == 1


@pytest.mark.parametrize(
    ("role", "theirs", "others"),
    [
        ("mailwright_postfix", "mailwright_postfix.senders", ["mailwright_dovecot.users", "mailwright.mailboxes"]),
        ("mailwright_dovecot", "mailwright_dovecot.users", ["mailwright_postfix.senders", "mailwright.mailboxes"]),
        ("poor", "", ["mailwright_postfix.senders", "mailwright_dovecot.users", "mailwright.mailboxes"]),
    ],
)
def test_services_read_their_own_schema_and_change_nothing(
    database: PostgresqlBackend, base: dict[str, Any], role: str, theirs: str, others: list[str]
) -> None:
    session = Session(database, role)
    if theirs:
        assert session.ask(f"SELECT count(*) FROM {theirs}")[0][0] > 0
        for statement in (f"DELETE FROM {theirs}", f"DROP TABLE {theirs}", f"TRUNCATE {theirs}"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                session.ask(statement)
    for other in others:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            session.ask(f"SELECT 1 FROM {other}")


def test_lookups_use_the_index(database: PostgresqlBackend) -> None:
    run(database, "accounts", **bulk(2000))
    for role, query in (
        ("mailwright_postfix", "SELECT value FROM mailwright_postfix.senders WHERE key = 'user7@bulk.example'"),
        ("mailwright_dovecot", "SELECT password FROM mailwright_dovecot.users WHERE address = 'user7@bulk.example'"),
    ):
        told = "\n".join(row[0] for row in Session(database, role).ask(f"EXPLAIN {query}"))
        assert re.search(r"Index (Only )?Scan", told), told


def test_what_somebody_else_took_away_is_published_again(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    for statement, why in (
        ("DROP SCHEMA mailwright_postfix CASCADE", "nothing is published"),
        ("DROP TABLE mailwright_postfix.senders", "its tables are none of this release's"),
        ("ALTER TABLE mailwright_postfix.senders ADD COLUMN x text", "its tables are none of this release's"),
        ("UPDATE mailwright_postfix.meta SET value = '0' WHERE key = 'format'", "format 0 is published"),
        ("UPDATE mailwright_postfix.meta SET value = '7' WHERE key = 'generation'", "generation 7 is published"),
        ("REVOKE SELECT ON mailwright_postfix.senders FROM mailwright_postfix", "the rights to read differ"),
        ("GRANT SELECT ON mailwright_postfix.senders TO PUBLIC", "the rights to read differ"),
        ("GRANT USAGE ON SCHEMA mailwright_postfix TO mailwright_dovecot", "the rights to read differ"),
    ):
        before = Session(database, "mailwright_postfix").ask("SELECT key, value FROM mailwright_postfix.senders")
        database.query(f"SET ROLE mailwright; {statement}")
        foretold = run(database, "accounts", check=True)
        done = run(database, "accounts")
        assert done == foretold
        assert done["changed"]
        assert done["diff"] == {
            "before": f"published postfix\n  state: {why}\n",
            "after": "published postfix\n  state: current\n",
        }
        assert not run(database, "accounts")["changed"]
        after = Session(database, "mailwright_postfix").ask("SELECT key, value FROM mailwright_postfix.senders")
        assert sorted(after) == sorted(before)


def test_services_may_come_later(database: PostgresqlBackend) -> None:
    server = database.server
    server.psql("ALTER ROLE mailwright_dovecot RENAME TO absent")
    try:
        run(database, "accounts", **bulk(1))
        assert not run(database, "accounts", **bulk(1))["changed"]
    finally:
        server.psql("ALTER ROLE absent RENAME TO mailwright_dovecot")
        server.psql(f"ALTER ROLE mailwright_dovecot PASSWORD '{PASSWORD}'")
    assert "the rights to read differ" in run(database, "accounts")["diff"]["before"]
    assert Session(database, "mailwright_dovecot").ask("SELECT count(*) FROM mailwright_dovecot.users") == [(1,)]


def test_lookups_go_on_while_tables_of_another_release_are_replaced(
    database: PostgresqlBackend, base: dict[str, Any]
) -> None:
    """The new table is filled beside the old one: a lookup waits only for the commit."""
    database.query("SET ROLE mailwright; ALTER TABLE mailwright_dovecot.users ADD COLUMN old text")
    ended = threading.Event()
    slowest = []

    def look_up() -> None:
        session = Session(database, "mailwright_dovecot")
        while not ended.is_set():
            slowest.extend(session.ask("SELECT count(*), clock_timestamp() - now() FROM mailwright_dovecot.users"))

    reader = threading.Thread(target=look_up)
    reader.start()
    run(database, "accounts", **bulk(2000))
    ended.set()
    reader.join()
    assert {row[0] for row in slowest} <= {2, 2002}
    assert max(row[1].total_seconds() for row in slowest) < 1


# Locks


def test_a_locked_store_says_by_whom(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    holder = Session(database)
    pid = holder.ask(f"SELECT pg_backend_pid(), pg_advisory_lock({LOCK})")[0][0]
    before = database.dump()
    told = run(database, "accounts", lock_timeout=1, **bulk(1))["msg"]
    assert re.search(
        rf"is locked by somebody else from [0-9.]+, server process {pid}, still after 1 s; wait until .* lock_timeout",
        told,
    )
    assert run(database, "accounts", lock_timeout=0, **bulk(1))["failed"]
    assert database.dump() == before
    assert not run(database, "mailbox_info")["changed"]
    holder.connection.close()
    assert run(database, "accounts", lock_timeout=0, **bulk(1))["changed"]


def test_a_table_that_somebody_else_locks_is_told(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    holder = Session(database)
    holder.ask("BEGIN")
    holder.ask("LOCK TABLE mailwright.mailboxes IN SHARE MODE")
    assert (
        "is locked by another session, still after 1 s" in run(database, "accounts", lock_timeout=1, **bulk(1))["msg"]
    )


# Rights


@pytest.fixture
def poor(database: PostgresqlBackend) -> Iterator[PostgresqlBackend]:
    """The database, used as a role that owns nothing there."""

    class Poor(PostgresqlBackend):
        @property
        def options(self) -> dict[str, Any]:
            return {**super().options, "login_user": "poor"}

    yield Poor(database.server, database.database)
    database.query("DROP OWNED BY poor CASCADE")


def grant(database: PostgresqlBackend, *statements: str) -> None:
    database.query(";\n".join(statements))


def test_a_role_without_rights_is_told_which_it_lacks(database: PostgresqlBackend, poor: PostgresqlBackend) -> None:
    """Each message has the statement that mends it, until nothing is missing."""
    told = run(poor, "accounts", **bulk(1))["msg"]
    assert told.endswith(
        f"refuses: the role poor lacks CREATE on the database {poor.database}; "
        f"GRANT CREATE ON DATABASE {poor.database} TO poor"
    )
    grant(database, told.rpartition("; ")[2])
    assert run(poor, "accounts", **bulk(1))["changed"]


def test_a_role_that_may_only_read_is_told(
    database: PostgresqlBackend, poor: PostgresqlBackend, base: dict[str, Any]
) -> None:
    told = run(poor, "mailbox_info")["msg"]
    remedies = "GRANT USAGE ON SCHEMA mailwright TO poor; GRANT SELECT ON ALL TABLES IN SCHEMA mailwright TO poor"
    assert told.endswith(
        "the role poor lacks USAGE on the schema mailwright, SELECT on 8 tables of the schema mailwright; " + remedies
    )
    grant(database, remedies)
    assert len(run(poor, "mailbox_info")["mailboxes"]) == 2
    before = database.dump()
    told = run(poor, "mailbox", address="bob@example.com", quota="1G")["msg"]
    assert "the role poor lacks " in told
    assert "INSERT on 8 tables of the schema mailwright" in told
    grant(database, "GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA mailwright TO poor")
    for schema in ("mailwright_postfix", "mailwright_dovecot"):
        grant(
            database,
            f"GRANT USAGE, CREATE ON SCHEMA {schema} TO poor",
            f"GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA {schema} TO poor",
        )
    assert database.dump() != before
    assert run(poor, "mailbox", address="bob@example.com", quota="1G")["changed"]


def test_a_migration_needs_the_owner(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    grant(
        database,
        "GRANT USAGE, CREATE ON SCHEMA mailwright, mailwright_postfix, mailwright_dovecot TO poor",
        *(
            f"GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA {schema} TO poor"
            for schema in ("mailwright", "mailwright_postfix", "mailwright_dovecot")
        ),
    )
    migrated = (*([()] * 2), ("ALTER TABLE domains ADD COLUMN extra TEXT",))
    server = database.server.address(database.database, user="poor")
    with closing(PostgresqlStore(server, 1, migrated)) as store:
        with closing(database.store()) as usual:
            found = usual.read()
        with pytest.raises(StoreError, match=r"lacks the ownership on the table mailwright\.\w+"):
            store.apply(plan_of(found, create=True, version=3))
    grant(database, "DROP OWNED BY poor")


# A server that goes away


def test_a_server_that_stops_in_the_middle(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    server = database.server
    holder = Session(database)
    holder.ask("BEGIN")
    holder.ask("LOCK TABLE mailwright.mailboxes IN SHARE MODE")
    with closing(database.store()) as store:
        before = store.read()
    process = Process(database, "accounts", **bulk(100))
    waiting = f"{ACTIVE} AND wait_event_type = 'Lock'"
    wait_for("the run waits for the table", lambda: server.psql(waiting).strip() == "1")
    server.control("stop -m immediate")
    try:
        told = process.result()["msg"]
    finally:
        server.control("start")
    assert re.search(r"went away in the middle of the run \(.*\); nothing was changed; run again when it is back", told)
    with closing(database.store()) as store:
        assert store.read() == before
    assert run(database, "accounts", **bulk(100))["changed"]


def _writes_or_is_over(server: DatabaseServer, process: Process, milliseconds: int) -> bool:
    question = f"{ACTIVE} AND xact_start < now() - interval '{milliseconds} ms'"
    return not process.running or server.psql(question).strip() != "0"


def test_a_server_that_stops_at_any_moment(database: PostgresqlBackend) -> None:
    server = database.server
    run(database, "accounts", **bulk(2000))
    quota = 1 << 30
    for number in range(4):
        new = (number + 2) << 30
        process = Process(database, "accounts", **bulk(2000, quota=str(new)))
        wait_for("the run writes or is over", functools.partial(_writes_or_is_over, server, process, number * 150))
        server.control("stop -m immediate")
        server.control("start")
        result = process.result()
        with closing(database.store()) as store:
            found = store.read()
            assert not store.outdated()
        quotas = {box.quota for box in found.mailboxes.values()}
        if result.get("failed"):
            assert "went away" in result["msg"]
            assert quotas == {quota} or "as the changes were committed" in result["msg"]
        else:
            assert quotas == {new}
        (quota,) = quotas


# On the host itself


def test_root_needs_no_password_on_the_servers_host(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    """By the socket, with the distribution's psycopg2 and Python."""
    arguments = {"backend": "postgresql", "login_port": PORT, "login_db": database.database}
    name = database.server.host.name
    told = ansible("ansible", name, "-m", "mailwright.mail.mailbox_info", "-a", json.dumps(arguments)).stdout
    assert "alice@example.com" in told, told
    new = {"address": "new@example.com", "password": "secret of new", "password_scheme": "SHA512-CRYPT"}
    added = json.dumps({**arguments, **new})
    changed = ansible("ansible", name, "-m", "mailwright.mail.mailbox", "-a", added).stdout
    assert "CHANGED" in changed, changed
    assert "secret of new" not in changed
    assert "new@example.com" in database.query("SELECT address FROM mailboxes")


def test_the_servers_log_has_no_secret(database: PostgresqlBackend, base: dict[str, Any]) -> None:
    """Not even where a statement fails: rows travel by COPY, and what is logged of it is its first line at most."""
    log = f"/var/log/postgresql/postgresql-{database.server.version}-tests.log"
    assert HASH not in database.server.host.run(f"cat {log}")


def test_server_is_a_debian(database_server: DatabaseServer) -> None:
    assert database_server.version in ("15", "17")
