# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts in PostgreSQL: who may read what, how lookups run, what happens without the database, and TLS.

Only where an inventory has them there (see conftest.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from behaviour.bed import Host, MailHost, wait_for
from behaviour.client import Client, ClientError
from behaviour.messages import compose, new_token

STRANGER = "stranger@external.example"
POSTFIX_TABLES = ("domains", "backup_domains", "mailboxes", "aliases", "rejected", "senders", "restricted", "allowed")
TABLES = {
    "mailwright_postfix": [*POSTFIX_TABLES, "meta"],
    "mailwright_dovecot": ["users", "app_passwords", "meta"],
    "mailwright": ["meta", "domains", "mailboxes", "aliases"],
}
READERS = ["mailwright_postfix", "mailwright_dovecot"]
# Postfix before 3.9 leaves a database that it could not reach alone for a minute.
RECOVERY_SECONDS = 150.0


def database(mx: MailHost) -> Host:
    assert mx.database is not None
    return mx.database


def psql(mx: MailHost, role: str, *statements: str) -> list[str]:
    """Return what psql writes to the statements, its errors too, as root, who is every role on the database's host."""
    text = "".join(f"{statement};\n" for statement in statements)
    return database(mx).run(f"psql --username={role} --no-psqlrc -qAt mailwright 2>&1", text, check=False).splitlines()


@pytest.mark.parametrize("role", READERS)
def test_a_reader_sees_its_own_schema_alone(mx: MailHost, role: str) -> None:
    for schema, tables in TABLES.items():
        for table in tables:
            answer = "\n".join(psql(mx, role, f"SELECT count(*) FROM {schema}.{table}"))
            wanted = r"\d+" if schema == role else f"(?s)ERROR:  permission denied for schema {schema}.*"
            assert re.fullmatch(wanted, answer), (schema, table, answer)


def test_no_hash_is_in_what_postfix_reads(mx: MailHost) -> None:
    dumped = {
        schema: database(mx).run(f"runuser --user=postgres -- pg_dump --schema={schema} mailwright")
        for schema in READERS
    }
    assert "bob@example.com" in dumped["mailwright_postfix"]
    assert not re.search(r"\{[A-Z0-9-]+\}|\$argon2id\$|\$6\$|\$2[aby]\$", dumped["mailwright_postfix"])
    assert "{ARGON2ID}" in dumped["mailwright_dovecot"]


@pytest.mark.parametrize("role", READERS)
def test_no_reader_writes(mx: MailHost, role: str) -> None:
    """Not even where it takes back that its sessions only read."""
    own = TABLES[role][0]
    attempts = [
        f"INSERT INTO {own} SELECT * FROM {own}",
        f"UPDATE {own} SET {'key' if role.endswith('postfix') else 'password'} = 'x'",
        f"DELETE FROM {own}",
        f"TRUNCATE {own}",
        f"DROP TABLE {own}",
        "CREATE TABLE mine (x text)",
        "CREATE TABLE public.mine (x text)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (x text)",
        f"ALTER ROLE {role} SUPERUSER",
        "SET ROLE mailwright",
    ]
    for attempt in attempts:
        first, *_rest = psql(mx, role, attempt)
        assert first.startswith("ERROR:"), (attempt, first)
        first, *_rest = psql(mx, role, "SET default_transaction_read_only = off", attempt)
        assert re.match(r"ERROR:  (permission denied|must be|no schema)", first), (attempt, first)


@pytest.mark.parametrize("role", [*READERS, "mailwright"])
def test_a_stranger_of_the_host_is_no_role(mx: MailHost, role: str) -> None:
    command = f"runuser --user=nobody -- psql --username={role} --no-password mailwright -c 'SELECT 1' 2>&1"
    assert "failed" in database(mx).run(command, check=False)


def postfix_queries(mx: MailHost) -> list[str]:
    text = mx.run("cat /etc/postfix/mailwright/pgsql-*.cf")
    return [query.replace("%s", "bob@example.com") for query in re.findall(r"^query = (.*)$", text, re.MULTILINE)]


def dovecot_queries(mx: MailHost) -> list[str]:
    text = mx.run("cat /etc/dovecot/mailwright-*.conf.ext /etc/dovecot/dovecot.conf 2>/dev/null", check=False)
    queries = re.findall(r"^\s*(?:\w+_)?query = (SELECT .* WHERE .*)$", text, re.MULTILINE)
    for name, value in {
        "%u": "bob@example.com",
        "%{user}": "bob@example.com",
        "%s": "imap",
        "%{protocol}": "imap",
    }.items():
        queries = [query.replace(name, value) for query in queries]
    return queries


def test_every_lookup_uses_an_index(mx: MailHost) -> None:
    """The services' own queries, explained as their own roles; a table of a few rows would be read as a whole."""
    queries = {"mailwright_postfix": postfix_queries(mx), "mailwright_dovecot": dovecot_queries(mx)}
    assert {role: len(found) for role, found in queries.items()} == {"mailwright_postfix": 8, "mailwright_dovecot": 3}
    for role, found in queries.items():
        for query in found:
            plan = "\n".join(psql(mx, role, "SET enable_seqscan = off", f"EXPLAIN {query}"))
            assert re.search(r"Index (Only )?Scan using \w+_pkey", plan), (query, plan)
            assert "Index Cond" in plan, (query, plan)
            assert "Seq Scan" not in plan, (query, plan)


def test_keys_are_quoted(mx: MailHost) -> None:
    """What a client sends is a key and never SQL, whatever the bytes."""
    table = "proxy:pgsql:/etc/postfix/mailwright/pgsql-mailboxes.cf"
    keys = ["' OR '1'='1", "x\\' OR 1=1 --", "%s%d%u", "ä@example.com", "\x01", "o'brien#$&*=?^_`{|}~-x@example.com"]
    answer = mx.run(f"postmap -q - {table}", "".join(f"{key}\n" for key in keys), check=False)
    assert answer.splitlines() == [f"{keys[-1]}\t{keys[-1]}"]
    # No UTF-8 at all.
    assert mx.run(f"printf 'b\\303@example.com\\nbob@example.com\\n' | postmap -q - {table}").startswith("bob@")


def unit(mx: MailHost) -> str:
    """Return the name of the cluster's service; stopped, it is none that systemd would list by itself."""
    return f"postgresql@{database(mx).run('pg_lsclusters --no-header | cut -c1-2').strip()}-main.service"


@contextmanager
def without_database(mx: MailHost) -> Iterator[None]:
    database(mx).run(f"systemctl stop {unit(mx)}")
    try:
        yield
    finally:
        database(mx).run(f"systemctl start {unit(mx)}")


def test_without_the_database_nothing_is_refused_for_good(mx: MailHost, client: Client) -> None:
    """Every recipient, also one that does not exist, is put off; logins are told that it is for the time being."""
    recipients = [
        "bob@example.com",
        "team@example.com",
        "unknown@example.com",
        "closed@closed.example",
        "x@backup.example",
    ]
    with without_database(mx):
        for _attempt in range(2):
            steps = [f"MAIL FROM:<{STRANGER}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients)]
            codes = [reply[0] for reply in client.smtp(mx, steps)["replies"]][1:]
            assert [code // 100 for code in codes] == [4] * len(recipients), codes
        # Dovecot gives up after a minute; the client of the tests sooner.
        answer = login(mx, client)
        assert "[AUTHENTICATIONFAILED]" not in answer
        assert not answer.startswith("a OK"), answer
    wait_until_all_works(mx, client)
    token = new_token()
    client.send(mx, STRANGER, ["team@example.com"], compose(token, STRANGER, "team@example.com"))
    assert len(client.read(mx, "bob@example.com", token)) == 1


def receives(mx: MailHost, client: Client) -> bool:
    replies = client.smtp(mx, [f"MAIL FROM:<{STRANGER}>", "RCPT TO:<bob@example.com>", "RCPT TO:<unknown@example.com>"])
    return [reply[0] for reply in replies["replies"]] == [250, 250, 550]


def login(mx: MailHost, client: Client) -> str:
    """Return what the server answers to a login; that it did not in time is told, too."""
    options = {"host": mx.fqdn, "port": 993, "tls": "implicit", "ca": mx.ca, "source": client.stranger()}
    try:
        return str(client.do("login", protocol="imap", login=mx.login("sha512@example.com"), **options)["answer"])
    except ClientError as error:
        return str(error)


def wait_until_all_works(mx: MailHost, client: Client) -> None:
    wait_for("recipients are judged", lambda: receives(mx, client), RECOVERY_SECONDS)
    wait_for("logins work", lambda: "Logged in" in login(mx, client), RECOVERY_SECONDS)


def test_a_restart_of_the_database_refuses_nobody(mx: MailHost, client: Client) -> None:
    """Postfix makes the connections that it ended again at once; Dovecot's quota may put one recipient off."""
    wait_until_all_works(mx, client)
    database(mx).run(f"systemctl restart {unit(mx)}")
    replies = client.smtp(mx, [f"MAIL FROM:<{STRANGER}>", *["RCPT TO:<bob@example.com>"] * 5])["replies"][1:]
    assert {reply[0] for reply in replies} <= {250, 450, 451}, replies
    wait_until_all_works(mx, client)


@pytest.fixture
def remote(mx: MailHost) -> MailHost:
    """A mail host whose database is elsewhere."""
    if database(mx).name == mx.name:
        pytest.skip("its database is on the host itself")
    return mx


def test_both_services_use_tls(remote: MailHost, client: Client) -> None:
    wait_until_all_works(remote, client)
    query = (
        "SELECT usename, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    )
    command = "runuser --user=postgres -- psql -qAt postgres"
    rows = {tuple(line.split("|")) for line in database(remote).run(command, query).splitlines()}
    assert {(role, "t", "TLSv1.3") for role in READERS} <= rows
    assert {row[1] for row in rows} == {"t"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("s#sslrootcert=[^&]*#sslrootcert=/etc/mailwright/ca/ca.pem#g", "certificate verify failed"),
        ("s#@[a-z0-9.]*:#@{address}:#g", "does not match host name"),
        ("s#sslmode=verify-full#sslmode=disable#g", "no encryption"),
        ("s#passfile=[^&]*#passfile=/dev/null#g", "no password supplied"),
    ],
    ids=["another authority", "another name", "no TLS", "no password"],
)
def test_what_is_refused(remote: MailHost, change: str, message: str) -> None:
    """As Postfix itself tells it, with its own table and one change in it."""
    address = remote.run(
        f"getent ahostsv4 {remote.variables['mail_accounts_database']['host']} | cut -d' ' -f1 | head -1"
    )
    table = "/etc/postfix/mailwright/pgsql-mailboxes.cf"
    ask = "postmap -q bob@example.com pgsql:/root/changed.cf 2>&1"
    assert remote.run(f"sed 's#x#x#' {table} > /root/changed.cf; {ask}").strip() == "bob@example.com"
    answer = remote.run(
        f"sed '{change.format(address=address.strip())}' {table} > /root/changed.cf; {ask}; rm /root/changed.cf",
        check=False,
    )
    assert message in answer, answer
    assert [secret for secret in remote.database_passwords if secret in answer] == []
