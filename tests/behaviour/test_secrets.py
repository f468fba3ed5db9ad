# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""O08: no password, hash or private key in any output, log, argument, fact or file that is not made for it."""

from __future__ import annotations

import json
import re
import shlex

from behaviour.bed import MailHost, ansible
from behaviour.operating import LEAVING, PHONES, VISITOR, Pair

# The store, and what is published for Dovecot, hold hashes; keys lie where their role puts them, and Dovecot 2.4 keeps
# what it reads of its configuration, its key among it, in a file of root's.
HASHES_ALLOWED = re.compile(
    r"/var/lib/mailwright/(accounts\.db|published/dovecot/credentials\.db)(-wal|-shm|-journal)?$"
    r"|/var/lib/postgresql/\d+/main/(base|pg_wal|pg_stat_tmp)/"
)
# Postfix, its policy service and Dovecot log in to a database elsewhere; what only writes to it is not kept.
DATABASE_PASSWORDS_ALLOWED = re.compile(r"/etc/(mailwright-(postfix|policy)/pgpass|dovecot/mailwright-pgpass)$")
KEYS_ALLOWED = re.compile(r"/etc/mailwright/(tls/[^/]+/privkey\.pem|ca/ca\.key)$|/run/dovecot/dovecot\.conf\.binary$")


def passwords(mx: MailHost) -> list[str]:
    """Return every password of the scenario, removed mailboxes' too, in each way in which it might be written down."""
    plain = [*mx.passwords, *(entry["password"] for entry in (VISITOR, LEAVING, *PHONES) if "password" in entry)]
    return sorted({way for password in plain for way in _ways(password)})


def database_passwords(mx: MailHost) -> list[str]:
    """Return every password of the database's roles, as libpq's password files have it, too."""
    plain = mx.database_passwords
    escaped = [password.replace("\\", "\\\\").replace(":", "\\:") for password in plain]
    return sorted({way for password in (*plain, *escaped) for way in _ways(password)})


def _ways(password: str) -> set[str]:
    quoted = {json.dumps(password)[1:-1], json.dumps(password, ensure_ascii=False)[1:-1], repr(password)[1:-1]}
    return {password, shlex.quote(password).strip("'"), *quoted}


def hashes(mx: MailHost) -> list[str]:
    """Return every stored hash without its scheme, and so every salt."""
    stored = re.findall(r"\{(?:ARGON2ID|BLF-CRYPT|SHA512-CRYPT)\}([^']+)", mx.accounts_text())
    assert len(set(stored)) > 10
    return sorted(set(stored))


def keys(mx: MailHost) -> list[str]:
    """Return a line from the middle of every private key."""
    tls = "/etc/mailwright/tls"
    found = mx.run(f"cat {tls}/*/privkey.pem {tls}/.*.next/privkey.pem /etc/mailwright/ca/ca.key")
    blocks = re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)\n-----END", found, re.DOTALL)
    assert len(blocks) == 3
    return [block.splitlines()[1] for block in blocks]


def all_secrets(mx: MailHost) -> list[str]:
    return [*passwords(mx), *database_passwords(mx), *hashes(mx), *keys(mx)]


def test_o08_the_output_shows_no_secret(mx: MailHost, changed: Pair, removed: Pair) -> None:
    for run in (changed.check, changed.real, removed.check, removed.real):
        assert "visitor@gone.example" in run.output, "the run is not as talkative as it should be"
        leaked = [secret for secret in all_secrets(mx) if secret in run.output]
        assert leaked == []
        assert not re.search(r"\$argon2id\$|\$2[aby]\$|\$6\$|PRIVATE KEY-----", run.output)


def test_o08_no_process_shows_a_secret(mx: MailHost, changed: Pair, removed: Pair) -> None:
    for watch in (changed.watched[mx.name], removed.watched[mx.name]):
        assert watch.looks > 200
        assert watch.found == []


def test_o08_no_fact_is_a_secret(mx: MailHost, removed: Pair) -> None:
    facts = ansible("ansible", mx.name, "--module-name=ansible.builtin.setup")
    assert facts.returncode == 0, facts.stderr
    assert [secret for secret in all_secrets(mx) if secret in facts.stdout] == []


def test_o08_no_file_or_log_holds_a_secret(mx: MailHost, removed: Pair) -> None:
    """A password stands nowhere at all; a hash and a key only where they are kept, and never for everybody to read."""
    # Of a database elsewhere not even a hash gets here.
    elsewhere = mx.database is not None and mx.database.name != mx.name
    kinds = [(passwords(mx), None), (hashes(mx), None if elsewhere else HASHES_ALLOWED), (keys(mx), KEYS_ALLOWED)]
    if mx.database_passwords:
        kinds.append((database_passwords(mx), DATABASE_PASSWORDS_ALLOWED))
    for secrets, allowed in kinds:
        found = mx.program("leaks.py", json.dumps(secrets))
        assert found["journal"] == []
        assert [name for name in found["files"] if not (allowed and allowed.match(name))] == []
        readable = {name: mode for name, mode in found["files"].items() if int(mode, 8) & 0o007}
        assert readable == {}
        assert found["files"] or not allowed, "what must be there was not found: the search is blind"
