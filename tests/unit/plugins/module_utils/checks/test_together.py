# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one check asks of several servers is asked at once, however many of them are silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.autoconfig import check_autoconfig
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dane import check_dane
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dkim import check_dkim
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnsbl import check_dnsbl
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnssec import check_dnssec
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.mx import check_mx
from ansible_collections.mailwright.mail.plugins.module_utils.checks.ptr import check_ptr
from ansible_collections.mailwright.mail.plugins.module_utils.checks.together import (
    SIDE_BY_SIDE,
    counted,
    together,
)
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

HOSTS = tuple(f"mx{number}.dead{number}.example" for number in range(5))
ADDRESSES = tuple(f"8.8.4.{number}" for number in range(1, 6))
LISTS = ("a.example.org", "b.example.org", "c.example.org")
SECONDS = 30


class Silent:
    """Answers as a table does, but for some questions, which all have to be asked before they are over."""

    def __init__(self, records: dict[str, Entry], silent: Iterable[str]) -> None:
        self._table, self._silent = Table(records), frozenset(silent)
        self._all_there = threading.Barrier(len(self._silent))

    def resolve(self, name: str, type_: str) -> Reply:
        """Return a time-out where the name is silent; without the others, an error after a while."""
        if f"{name} {type_}" not in self._silent:
            return self._table.resolve(name, type_)
        self._all_there.wait(SECONDS)
        return Reply(seen.TIMEOUT)


def both(names: Iterable[str]) -> list[str]:
    return [f"{name} {type_}" for name in names for type_ in ("A", "AAAA")]


MX: dict[str, Entry] = {"example.com MX": [f"10 {host}." for host in HOSTS], "example.com SOA": ["x"]}


@pytest.mark.parametrize(
    ("check", "records", "silent"),
    [
        (check_mx, MX, both(HOSTS)),
        (check_dnssec, MX, both(HOSTS)),
        (check_dane, MX, [f"_25._tcp.{host} TLSA" for host in HOSTS]),
        (check_dkim, {}, [f"s{number}._domainkey.example.com TXT" for number in range(1, 5)]),
        (check_ptr, {}, [f"{number}.4.8.8.in-addr.arpa PTR" for number in range(1, 6)]),
        (check_ptr, {"1.4.8.8.in-addr.arpa PTR": [f"{host}." for host in HOSTS]}, [f"{host} A" for host in HOSTS]),
        (check_dnsbl, {}, [f"{number}.4.8.8.{zone} A" for number in range(1, 6) for zone in LISTS]),
        (
            check_autoconfig,
            {"_imaps._tcp.example.com SRV": [f"0 1 993 {host}." for host in HOSTS]},
            both(HOSTS),
        ),
        (
            check_autoconfig,
            {f"_{service}._tcp.example.com SRV": [f"0 1 993 {service}.example.net."] for service in ("imaps", "imap")},
            both(["imaps.example.net", "imap.example.net"]),
        ),
    ],
)
def test_silent_servers_are_waited_for_at_once(
    check: Callable[[str, World], Check], records: dict[str, Entry], silent: list[str]
) -> None:
    selectors = ("s1", "s2", "s3", "s4")
    lookup = Silent(records, silent)
    found = check("example.com", World(lookup, {}, ADDRESSES, selectors, LISTS))
    assert found.status in ("unknown", "error"), found


def test_what_is_found_keeps_its_order() -> None:
    lookup = Table({f"{number}.4.8.8.in-addr.arpa PTR": seen.TIMEOUT for number in range(1, 6)})
    found = check_ptr("example.com", World(lookup, {}, ADDRESSES))
    assert [text.partition(":")[0] for text in found.warnings] == list(ADDRESSES)


def test_results_keep_their_order_and_errors_come_out() -> None:
    assert together(lambda number: number * 2, range(100)) == [number * 2 for number in range(100)]
    assert together(str, ()) == []

    def fails(number: int) -> int:
        if number > 3:
            raise ValueError(f"{number} is too much")
        return number

    with pytest.raises(ValueError, match="4 is too much"):
        together(fails, range(50))


class Count:
    """Counts how many calls there are at the same time, at most."""

    def __init__(self) -> None:
        self._lock, self._now, self.most = threading.Lock(), 0, 0

    def __call__(self, _item: int) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        threading.Event().wait(0.002)
        with self._lock:
            self._now -= 1


def test_no_more_than_so_many_at_once() -> None:
    count = Count()
    together(count, range(200))
    assert 1 < count.most <= 1 + SIDE_BY_SIDE


def test_all_calls_together_have_a_bound() -> None:
    """Twenty callers, each with calls within its calls: no more than the callers and so many threads beside them."""
    count = Count()
    callers = [
        threading.Thread(target=lambda: together(lambda _number: together(count, range(20)), range(20)))
        for _caller in range(20)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert 1 < count.most <= 20 + SIDE_BY_SIDE


def test_where_enough_threads_ask_nobody_helps() -> None:
    """And as soon as one of them has ended, its place is taken."""
    began, end = threading.Semaphore(0), threading.Event()

    def ask() -> None:
        with counted():
            began.release()
            end.wait(SECONDS)

    threads = [threading.Thread(target=ask) for _thread in range(SIDE_BY_SIDE)]
    for thread in threads:
        thread.start()
    for _thread in threads:
        assert began.acquire(timeout=SECONDS)
    alone = Count()
    together(alone, range(20))
    assert alone.most == 1
    count = Count()

    def free(number: int) -> None:
        if number == 3:
            end.set()
            for thread in threads:
                thread.join(SECONDS)
        count(number)

    together(free, range(40))
    assert count.most > 1
