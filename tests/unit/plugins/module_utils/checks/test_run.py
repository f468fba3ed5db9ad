# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call: many checks side by side, within a time, whatever becomes of one of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from lookups import Table
from mail_zones.fake_nameserver import FakeNameServer, serving

from ansible_collections.mailwright.mail.plugins.module_utils.checks import run
from ansible_collections.mailwright.mail.plugins.module_utils.checks.argspec import DNS_CHECK
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.once import Once
from ansible_collections.mailwright.mail.plugins.module_utils.checks.options import Request, parse_request
from ansible_collections.mailwright.mail.plugins.module_utils.checks.patience import Patience
from ansible_collections.mailwright.mail.plugins.module_utils.checks.run import ChecksFailed, OneCheck, run_checks
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, Unavailable


def params(**given: Any) -> dict[str, Any]:
    return {name: spec.get("default") for name, spec in DNS_CHECK.items()} | {"domains": ["example.com"]} | given


def request(*domains: str, budget: int = 60) -> Request:
    return parse_request(params(domains=list(domains), budget=budget))


def checked(checks: dict[str, OneCheck], *domains: str, seconds: float = 30) -> dict[str, dict[str, Check]]:
    return run_checks(request(*domains), World(Table({})), checks, time.monotonic() + seconds)


def good(domain: str, _world: World) -> Check:
    return Check("success", f"{domain} is well")


def test_one_fault_costs_one_verdict() -> None:
    def recursive(domain: str, world: World) -> Check:
        return recursive(domain, world)

    def surprised(_domain: str, _world: World) -> Check:
        raise KeyError("caf\udce9")

    def without(_domain: str, _world: World) -> Check:
        raise Unavailable("the Python library x is needed here; install python3-x")

    def wordless(_domain: str, _world: World) -> Check:
        raise AssertionError

    checks = {"a": good, "b": recursive, "c": surprised, "d": without, "e": wordless}
    found = checked(checks, "example.com", "example.org")
    for domain in ("example.com", "example.org"):
        verdicts = found[domain]
        assert list(verdicts) == list(checks)
        assert verdicts["a"] == Check("success", f"{domain} is well")
        assert {verdicts[name].status for name in "bcde"} == {"unknown"}
        assert "RecursionError" in verdicts["b"].message
        assert "KeyError" in verdicts["c"].message
        assert verdicts["d"].message.endswith("install python3-x")
        assert "(AssertionError)" in verdicts["e"].message


def test_a_check_that_does_not_end_is_not_waited_for() -> None:
    ended = threading.Event()

    def stuck(_domain: str, _world: World) -> Check:
        ended.wait(20)
        return Check("success", "")

    begin = time.monotonic()
    found = checked({"stuck": stuck, "good": good}, "example.com", "example.org", seconds=0.5)
    assert time.monotonic() - begin < 3
    ended.set()
    for domain in ("example.com", "example.org"):
        late = found[domain]["stuck"]
        assert (late.status, late.message) == ("unknown", "The check did not end within the budget of 60 seconds")
        assert found[domain]["good"].status == "success"


def test_checks_that_do_not_even_begin() -> None:
    def slow(_domain: str, _world: World) -> Check:
        time.sleep(0.3)
        return Check("success", "")

    domains = [f"d{number}.example" for number in range(500)]
    found = checked({"slow": slow}, *domains, seconds=0.7)
    assert 0 < [found[domain]["slow"].status for domain in domains].count("success") < 500


def test_checks_run_side_by_side() -> None:
    together = threading.Barrier(24, timeout=10)

    def meeting(_domain: str, _world: World) -> Check:
        together.wait()
        return Check("success", "")

    found = checked({"a": meeting, "b": meeting}, *(f"d{number}.example" for number in range(12)))
    assert {check.status for verdicts in found.values() for check in verdicts.values()} == {"success"}


def test_once_asks_once_and_tells_all() -> None:
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        time.sleep(0.05)
        if name == "bad":
            raise ValueError(name)
        return name.upper()

    once, told = Once(ask), []

    def one(name: str) -> None:
        try:
            told.append(once(name))
        except ValueError as error:
            told.append(str(error))

    threads = [threading.Thread(target=one, args=(name,)) for name in ("a", "bad") * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == ["a", "bad"]
    assert sorted(told) == ["A"] * 5 + ["bad"] * 5


@pytest.fixture
def server() -> Iterator[FakeNameServer]:
    one = FakeNameServer("127.0.0.1")
    one.text("_mta-sts.example.com", "v=STSv1; id=x-x")
    one.records["example.com", "MX"] = ["0 ."]
    with serving(one):
        yield one


def call(server: FakeNameServer, **given: Any) -> dict[str, Any]:
    given = {"checks": ["mta_sts", "dane"], "resolvers": [server.address], "port": server.port, **given}
    return run.check_call(params(**given))


def test_a_whole_call(server: FakeNameServer) -> None:
    returned = call(server, domains=["example.com", "bücher.example"], fail_on="never")
    assert (returned["status"], returned["summary"]) == (
        "error", {"success": 0, "warning": 0, "unknown": 0, "error": 1} | {"warning": 1},
    )  # fmt: skip
    first, second = returned["domains"]
    assert (first["domain"], first["unicode_domain"], first["status"]) == ("example.com", "example.com", "error")
    assert (second["domain"], second["unicode_domain"]) == ("xn--bcher-kva.example", "bücher.example")
    assert first["checked_at"].endswith("Z")
    assert {name: check["status"] for name, check in first["checks"].items()} == {"mta_sts": "error", "dane": "success"}
    # Both checks want the MX records.
    questions = [question for question in server.asked if question[1:] == ("example.com", "MX")]
    assert len(questions) == 1


def test_fail_on(server: FakeNameServer) -> None:
    with pytest.raises(ChecksFailed) as raised:
        call(server)
    assert str(raised.value).startswith("example.com: mta_sts: The MTA-STS record has the id 'x-x'; ")
    assert raised.value.returns["domains"][0]["checks"]["dane"]["status"] == "success"
    assert call(server, checks=["dane"], fail_on="warning")["status"] == "success"
    assert call(server, fail_on="never")["status"] == "error"
    server.text("_mta-sts.example.com")
    assert call(server, fail_on="error")["status"] == "warning"
    with pytest.raises(ChecksFailed, match="No MTA-STS record"):
        call(server, fail_on="warning")
    server.fault = "servfail"
    assert call(server, fail_on="error")["status"] == "unknown"
    with pytest.raises(ChecksFailed, match="SERVFAIL"):
        call(server, fail_on="warning")


def test_a_failure_names_the_first_ones(server: FakeNameServer) -> None:
    for number in range(5):
        server.text(f"_mta-sts.d{number}.example", "v=STSv1; id=x-x")
    with pytest.raises(ChecksFailed) as raised:
        call(server, domains=[f"d{number}.example" for number in range(5)], checks=["mta_sts"])
    assert str(raised.value).count("mta_sts: ") == 3
    assert str(raised.value).endswith(" and 2 more")


def test_a_silent_resolver_costs_its_time_once(server: FakeNameServer) -> None:
    server.fault = "silent"
    begin = time.monotonic()
    returned = call(server, domains=[f"d{number}.example" for number in range(20)], timeout=1, fail_on="never")
    assert time.monotonic() - begin < 6
    assert returned["summary"]["unknown"] == 20
    told = {check["message"] for one in returned["domains"] for check in one["checks"].values()}
    assert all("time-out" in message or "could be reached" in message for message in told), told


def test_a_silent_domain_is_not_asked_over_and_over() -> None:
    table = Table({f"n{number}.example.com A": "time-out" for number in range(20)} | {"mx.example.net A": "time-out"})
    patience = Patience(table, "example.com")
    assert {patience.resolve(f"n{number}.Example.com.", "A").outcome for number in range(20)} == {"time-out"}
    assert len(table.asked) == 3
    # Others may well answer, and so may a domain that has answered.
    patience.resolve("mx.example.net", "A")
    assert len(table.asked) == 4
    answering = Patience(table, "example.com")
    assert answering.resolve("www.example.com", "A").absent
    for number in range(20):
        answering.resolve(f"n{number}.example.com", "A")
    assert len(table.asked) == 25


def test_all_in_all_the_budget_holds(server: FakeNameServer) -> None:
    server.fault = "silent"
    begin = time.monotonic()
    returned = call(server, domains=[f"d{number}.example" for number in range(400)], budget=2, fail_on="never")
    assert time.monotonic() - begin < 4
    assert returned["summary"]["unknown"] == 400


def test_options_that_only_a_call_sees(server: FakeNameServer) -> None:
    for option, given in (("ca_path", {"ca_path": "/nowhere"}), ("resolvers", {"resolvers": ["ns.example"]})):
        with pytest.raises(InvalidValue, match=option):
            call(server, **given)
