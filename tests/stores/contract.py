# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every backend of the account store does. A test class per backend inherits it and brings ``backend``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from stores.backends import Backend
from stores.planning import HOSTILE, VERSION, plan_of

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import PROTOCOLS, Accounts, AppPassword
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.schema import MIGRATIONS
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.store import Stale, Store, StoreError

MIGRATED = (*MIGRATIONS, ("ALTER TABLE domains ADD COLUMN extra TEXT NOT NULL DEFAULT 'new'",))
TABLES = ("domains", "mailboxes", "aliases", "destinations", "allowed_senders", "app_passwords", "send_as")


class StoreContract:
    """The tests."""

    @pytest.fixture
    def store(self, backend: Backend) -> Iterator[Store]:
        with closing(backend.store()) as one:
            yield one

    @pytest.fixture
    def filled(self, store: Store) -> Accounts:
        return store.apply(
            plan_of(
                store.read(),
                domains=[{"name": "example.com", "description": HOSTILE, "backup_mx": True, "max_mailboxes": 7}],
                mailboxes=[
                    {
                        "address": "o'brien$y{{z}}@example.com",
                        "password_hash": "*",
                        "display_name": HOSTILE,
                        "quota": "5G",
                    },
                    {
                        "address": "b@example.com",
                        "password_hash": "*",
                        "protocols": ["pop3", "imap"],
                        "rate_limit": "5/1m",
                    },
                ],
                aliases=[
                    {
                        "address": "@example.com",
                        "destinations": ["b@example.com", "x@example.net", "a_b@example.net"],
                        "allow_from": ["@example.net"],
                        "list_members": True,
                        "active": False,
                    }
                ],
            )
        )

    @pytest.fixture
    def complete(self, store: Store, filled: Accounts) -> Accounts:
        """All kinds of objects."""
        box = replace(filled.mailboxes["b@example.com"], send_as=("@example.net", "x@example.com"))
        phone = AppPassword(
            box.address, "phone / 2", "{SHA512-CRYPT}$6$x$y", ("imap", "smtp"), "2031-01-31T23:59:59Z", True, "c", "m"
        )
        other = replace(phone, name="pc", active=False, expires="")
        after = replace(
            filled,
            mailboxes={**filled.mailboxes, box.address: box},
            app_passwords={phone.key: phone, other.key: other},
        )
        touched = {"mailbox": [box.address], "app_password": [phone.key, other.key]}
        return store.apply(AccountsPlan(found=filled, after=after, touched=touched))

    def test_where_nothing_is_nothing_is_found_and_nothing_made(self, store: Store, backend: Backend) -> None:
        before = backend.dump()
        assert store.read() == Accounts()
        assert backend.dump() == before

    def test_what_is_written_is_read_exactly(self, store: Store, filled: Accounts, backend: Backend) -> None:
        again = store.read()
        assert again == filled
        assert again.domains["example.com"].description == HOSTILE
        assert again.mailboxes["b@example.com"].protocols == ("imap", "pop3")
        assert again.mailboxes["o'brien$y{{z}}@example.com"].protocols is PROTOCOLS
        assert again.aliases["@example.com"].destinations == ("a_b@example.net", "b@example.com", "x@example.net")
        assert backend.query("SELECT display_name FROM mailboxes ORDER BY address") == ["", HOSTILE]
        assert backend.query("SELECT active, backup_mx, max_mailboxes FROM domains") == ["1|1|7"]

    def test_a_second_store_reads_the_same(self, filled: Accounts, backend: Backend) -> None:
        with closing(backend.store()) as other:
            assert other.read() == filled

    def test_the_largest_values_are_kept(self, store: Store) -> None:
        domain = {"name": f"{'d' * 60}.{'e' * 60}.{'f' * 60}.example", "description": "名" * 1000, "total_quota": 2**62}
        box = {"address": f"{'l' * 64}@{domain['name']}", "password_hash": "{CLEARTEXT}" + "x" * 4000, "quota": 2**61}
        given = {**box, "allow_weak_scheme": True, "password_hash": "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86}
        filled = store.apply(plan_of(domains=[domain], mailboxes=[given]))
        assert store.read() == filled
        known = next(iter(filled.mailboxes.values()))
        long = replace(filled, mailboxes={known.address: replace(known, password_hash=str(box["password_hash"]))})
        store.apply(AccountsPlan(found=filled, after=long, touched={"mailbox": [known.address]}))
        assert store.read().mailboxes == long.mailboxes

    def test_times_are_kept(self, store: Store, filled: Accounts) -> None:
        store.apply(plan_of(filled, mailboxes=[{"address": "b@example.com", "quota": 1}], now="2027-01-01T00:00:00Z"))
        mailboxes = store.read().mailboxes
        assert (mailboxes["b@example.com"].created, mailboxes["b@example.com"].modified) == (
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
        )
        assert mailboxes["o'brien$y{{z}}@example.com"].modified == "2026-01-01T00:00:00Z"

    def test_app_passwords_and_sender_rights_are_kept_and_go(
        self, store: Store, filled: Accounts, complete: Accounts
    ) -> None:
        found = store.read()
        assert (found.mailboxes, found.app_passwords) == (complete.mailboxes, complete.app_passwords)
        assert found.app_passwords["b@example.com/pc"].created == "c"
        fewer = replace(
            found,
            mailboxes=filled.mailboxes,
            app_passwords={"b@example.com/pc": found.app_passwords["b@example.com/pc"]},
        )
        touched = {"mailbox": ["b@example.com"], "app_password": ["b@example.com/phone / 2"]}
        store.apply(AccountsPlan(found=found, after=fewer, touched=touched))
        assert (store.read().mailboxes, list(store.read().app_passwords)) == (filled.mailboxes, ["b@example.com/pc"])

    def test_removed_objects_leave_no_rows(self, store: Store, complete: Accounts, backend: Backend) -> None:
        nothing = replace(complete, domains={}, mailboxes={}, aliases={}, app_passwords={})
        touched = {
            "domain": list(complete.domains),
            "mailbox": list(complete.mailboxes),
            "alias": list(complete.aliases),
            "app_password": list(complete.app_passwords),
        }
        assert [backend.query(f"SELECT count(*) > 0 FROM {table}") for table in TABLES] in ([["1"]] * 7, [["t"]] * 7)
        store.apply(AccountsPlan(found=complete, after=nothing, touched=touched))
        assert [backend.query(f"SELECT count(*) FROM {table}") for table in TABLES] == [["0"]] * 7

    def test_every_commit_raises_the_generation(self, store: Store) -> None:
        seen = [store.apply(plan_of(store.read(), create=True)).generation]
        for number in range(3):
            seen.append(store.apply(plan_of(store.read(), domains=[{"name": f"d{number}.example"}])).generation)
            assert store.read().generation == seen[-1]
        assert seen == sorted(set(seen))

    def test_a_plan_from_before_another_write_is_stale(self, store: Store, filled: Accounts, backend: Backend) -> None:
        mine = plan_of(filled, mailboxes=[{"address": "b@example.com", "quota": 1}])
        with closing(backend.store()) as other:
            other.apply(plan_of(other.read(), domains=[{"name": "other.example"}]))
        before = backend.dump()
        with pytest.raises(Stale):
            store.apply(mine)
        assert backend.dump() == before
        store.apply(plan_of(store.read(), mailboxes=[{"address": "b@example.com", "quota": 1}]))
        assert {"other.example"} < set(store.read().domains)

    def test_reading_and_writing_under_one_lock(self, store: Store, filled: Accounts, backend: Backend) -> None:
        with store.lock():
            found = store.read()
            with (
                closing(backend.store(timeout=0)) as other,
                pytest.raises(StoreError, match="is locked by"),
                other.lock(),
            ):
                pass
            after = store.apply(plan_of(found, domains=[{"name": "other.example"}]))
            # The transaction is over; another one may follow under the same lock.
            with store.lock():
                assert store.generation() == after.generation
        with store.lock():
            assert store.generation() == after.generation
        assert "other.example" in store.read().domains

    def test_reading_goes_on_while_somebody_writes(self, store: Store, filled: Accounts, backend: Backend) -> None:
        with closing(backend.store()) as other, other.lock():
            assert store.read() == filled

    def test_a_lock_that_is_given_up_leaves_no_change(self, store: Store, filled: Accounts) -> None:
        with pytest.raises(RuntimeError), store.lock():
            raise RuntimeError
        assert store.read() == filled
        with store.lock():
            pass

    def test_asking_for_the_generation_without_the_lock_is_a_fault(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="outside lock"):
            store.generation()

    def test_a_newer_store_is_refused_and_kept(self, filled: Accounts, store: Store, backend: Backend) -> None:
        store.close()
        backend.install([], f"UPDATE meta SET value = '{VERSION + 1}' WHERE key = 'schema_version'")
        before = backend.dump()
        for use in (store.read, lambda: store.apply(plan_of(create=True))):
            with pytest.raises(
                StoreError,
                match=rf"has schema version {VERSION + 1}, and this release .* up to {VERSION}; upgrade the collection",
            ):
                use()
        assert backend.dump() == before

    @pytest.mark.parametrize(
        ("statement", "told"),
        [
            ("DELETE FROM meta WHERE key = 'schema_version'", "its table meta lacks 'schema_version'"),
            ("UPDATE meta SET value = 'x' WHERE key = 'generation'", "is no account store or damaged"),
        ],
    )
    def test_a_store_without_its_marks_is_refused(
        self, filled: Accounts, store: Store, backend: Backend, statement: str, told: str
    ) -> None:
        store.close()
        backend.install([], statement)
        for use in (store.read, lambda: store.apply(plan_of(create=True))):
            with pytest.raises(StoreError, match=told):
                use()

    def test_somebody_elses_tables_are_no_store(self, store: Store, backend: Backend) -> None:
        backend.install([["CREATE TABLE theirs (x INTEGER)"]])
        before = backend.dump()
        for use in (store.read, lambda: store.apply(plan_of(create=True))):
            with pytest.raises(StoreError, match=r"but (is )?no account store"):
                use()
        assert backend.dump() == before

    def test_a_store_of_version_1_is_read_as_it_is_and_brought_up_to_date(self, backend: Backend) -> None:
        backend.install(
            MIGRATIONS[:1],
            "INSERT INTO meta VALUES ('schema_version', '1'), ('generation', '7')",
            f"INSERT INTO domains VALUES ('example.com', '', 1, {', '.join(['0'] * 6)}, {', '.join(['1'] * 7)})",
        )
        before = backend.dump()
        with closing(backend.store()) as store:
            found = store.read()
            assert (list(found.domains), found.schema_version, found.generation) == (["example.com"], 1, 7)
            assert backend.dump() == before
            with store.lock():
                assert store.read() == found
                store.apply(plan_of(found, create=True))
            assert (list(store.read().domains), store.read().schema_version) == (["example.com"], VERSION)

    def test_an_older_store_is_read_as_it_stands_and_migrated_by_a_write(
        self, filled: Accounts, store: Store, backend: Backend
    ) -> None:
        store.close()
        before = backend.dump()
        with closing(backend.store(migrations=MIGRATED)) as newer:
            found = newer.read()
            assert (found.domains, found.mailboxes, found.aliases) == (filled.domains, filled.mailboxes, filled.aliases)
            assert (found.schema_version, newer.version) == (VERSION, VERSION + 1)
            assert backend.dump() == before
            newer.apply(plan_of(found, create=True, version=VERSION + 1))
            assert newer.read().schema_version == VERSION + 1
        assert backend.query("SELECT extra FROM domains") == ["new"]

    def test_a_failing_migration_leaves_the_store_as_it_was(
        self, filled: Accounts, store: Store, backend: Backend
    ) -> None:
        store.close()
        before = backend.dump()
        broken = (*MIGRATIONS, ("ALTER TABLE domains ADD COLUMN extra TEXT", "SELECT * FROM missing"))
        with closing(backend.store(migrations=broken)) as newer, pytest.raises(StoreError, match="missing"):
            newer.apply(plan_of(filled, create=True, version=VERSION + 1))
        assert backend.dump() == before
