# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes one verdict of what the role verify has collected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from page.sample import many, sample

from ansible_collections.mailwright.mail.plugins.filter import evidence_verdict as plugin

evidence_verdict = plugin.FilterModule().filters()["evidence_verdict"]


def statuses(value: Any) -> Counter[str]:
    """Count the statuses of all single verdicts of a sample, in a way of its own."""
    found: Counter[str] = Counter()
    for host in value["hosts"]:
        found.update(one["status"] for one in host["checks"] + host["certificates"])
    for domain in value["domains"]:
        found.update(one["status"] for one in domain["checks"].values())
    found.update(one["status"] for one in value["probes"])
    return found


def test_everything_is_counted_and_what_is_not_green_is_listed() -> None:
    verdict = evidence_verdict(sample())
    counts = statuses(sample())
    assert verdict["status"] == "error" and verdict["failed"] is True
    assert verdict["counts"] == {**counts, "hosts": 2, "probes": 4, "domains": 3}
    assert len(verdict["failures"]) == counts["error"] == 5
    assert len(verdict["warnings"]) == counts["warning"] + counts["unknown"] == 4
    assert verdict["failures"][4] == {
        "kind": "domain",
        "place": "example.org",
        "check": "dkim",
        "status": "error",
        "message": "The record of mx2-202611a is not the one that this host signs with.",
        "warnings": ["Publish the wanted record before the key signs."],
    }
    json.dumps(verdict)


def test_what_matters_comes_first() -> None:
    found = evidence_verdict(sample(), "warning")["failures"]
    assert [one["status"] for one in found] == ["error"] * 5 + ["unknown"] + ["warning"] * 3
    assert [one["kind"] for one in found[:5]] == ["host", "host", "host", "probe", "domain"]
    assert [one["check"] for one in found[:3]] == ["service dovecot", "port 993", "certificate mx2.example.net"]


@pytest.mark.parametrize(
    ("status", "fail_on", "failed"),
    [
        ("error", "error", True),
        ("error", "warning", True),
        ("error", "never", False),
        ("unknown", "error", False),
        ("unknown", "warning", True),
        ("warning", "error", False),
        ("warning", "warning", True),
        ("warning", "never", False),
        ("success", "warning", False),
    ],
)
def test_fail_on_says_what_a_failure_is(status: str, fail_on: str, failed: bool) -> None:
    evidence = many(1)
    evidence |= {"status": status, "hosts": [], "probes": []}
    evidence["domains"][0]["checks"] = {"spf": {"status": status, "message": "So it is."}}
    verdict = evidence_verdict(evidence, fail_on)
    assert verdict["failed"] is failed and verdict["status"] == status
    assert len(verdict["failures"]) == failed
    assert len(verdict["failures"]) + len(verdict["warnings"]) == (status != "success")


def green() -> dict[str, Any]:
    """Return evidence in which nothing is wrong."""
    evidence = many(2)
    evidence["status"] = "success"
    host = evidence["hosts"][0]
    evidence["hosts"] = [
        {**host, "status": "success", "checks": [one for one in host["checks"] if one["name"] != "queue"]}
    ]
    evidence["probes"] = [one for one in evidence["probes"] if one["status"] == "success"]
    return evidence


def test_green_is_green() -> None:
    verdict = evidence_verdict(green(), "warning")
    assert (verdict["status"], verdict["failures"], verdict["warnings"]) == ("success", [], [])


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (lambda all_: all_.pop("hosts"), "evidence", "the evidence has no hosts"),
        (lambda all_: all_.update(probes=None), "evidence", "the evidence has no probes"),
        (lambda all_: all_.pop("made_at"), "evidence", "does not say when"),
        (lambda all_: all_.update(made_at="yesterday"), "evidence", "does not say when"),
        (lambda all_: all_.update(status="error"), "evidence", "nothing that was collected says why"),
        (lambda all_: all_.update(hosts=[{}]), "evidence.hosts[1]", "has no name"),
        (lambda all_: all_.update(hosts=[{"name": "mx1"}]), "mx1", "nothing was checked on this host"),
        (lambda all_: all_.update(hosts=[{"name": "mx1", "unreachable": True}]), "mx1", "was not reached"),
        (
            lambda all_: all_.update(hosts=[{"name": "mx1", "status": "error", "message": "No route to host."}]),
            "mx1",
            "No route to host.",
        ),
        (lambda all_: all_["hosts"][0]["checks"][0].pop("status"), "mx1.example.net", "there is no status here"),
        (lambda all_: all_["hosts"][0]["certificates"][0].pop("status"), "mx1.example.net", "nobody judged"),
        (lambda all_: all_["hosts"][0].pop("checks"), "mx1.example.net", "nothing was checked on this host"),
        (lambda all_: all_["domains"][0].update(checks={5: {}}), "d1.example", "there is no status here"),
        (lambda all_: all_["hosts"][0]["checks"].append(None), "mx1.example.net", "returned nothing"),
        (lambda all_: all_["domains"][0].pop("domain"), "evidence.domains[1]", "has no name"),
        (lambda all_: all_["domains"][0].pop("checks"), "d1.example", "no check of this domain was made"),
        (lambda all_: all_["domains"][0].update(checks={"mx": None}), "d1.example", "returned nothing"),
        (lambda all_: all_["domains"][0].update(checks={"mx": {}}), "d1.example", "there is no status here"),
        (lambda all_: all_["probes"].append({}), "?", "there is no status here"),
        (lambda all_: all_["probes"][0].update(status=None, success=False), "mx1.example.net", "logged in"),
        (lambda all_: all_.update(hosts=[], probes=[], domains=[]), "evidence", "nothing was checked"),
    ],
)
def test_what_is_missing_is_a_failure(change: Callable[[Any], object], place: str, message: str) -> None:
    evidence = green()
    change(evidence)
    failures = evidence_verdict(evidence)["failures"]
    assert [one for one in failures if one["place"] == place and message in one["message"]], failures


def test_nothing_at_all_is_three_failures_and_more() -> None:
    verdict = evidence_verdict({})
    assert verdict["status"] == "error" and len(verdict["failures"]) == 4


def test_a_key_with_a_problem_is_told() -> None:
    evidence = green()
    evidence["hosts"][0]["dkim_keys"][0]["problem"] = "the file is no key"
    (found,) = evidence_verdict(evidence)["warnings"]
    assert (found["status"], found["check"], found["message"]) == (
        "unknown",
        "DKIM key mx1-202611a",
        "the file is no key",
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda _all: ["x"], "evidence 'list'"),
        (lambda _all: None, "evidence 'NoneType'"),
        (lambda all_: {**all_, "title": 5}, r"evidence\.title 'int'"),
        (lambda all_: {**all_, "made_at": []}, r"evidence\.made_at 'list'"),
        (lambda all_: {**all_, "hosts": "mx1"}, r"evidence\.hosts 'str'"),
        (lambda all_: {**all_, "hosts": {"mx1": {}}}, r"evidence\.hosts 'dict'"),
        (lambda all_: {**all_, "hosts": ["mx1"]}, r"evidence\.hosts\[1\] 'str'"),
        (lambda all_: {**all_, "hosts": [{"checks": 1}]}, r"evidence\.hosts\[1\]\.checks 'int'"),
        (lambda all_: {**all_, "hosts": [{"certificates": [3]}]}, r"hosts\[1\]\.certificates\[1\] 'int'"),
        (lambda all_: {**all_, "hosts": [{"dkim_keys": [{"bits": "x"}]}]}, r"hosts\[1\]\.dkim_keys\[1\]\.bits 'x'"),
        (lambda all_: {**all_, "domains": [{}, {"checks": []}, {"checks": [1]}]}, r"domains\[3\]\.checks 'list'"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": "ok"}}]}, r"domains\[1\]\.checks\.spf 'str'"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": {"status": "ok"}}}]}, r"checks\.spf\.status 'ok'"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": {"status": ["x"]}}}]}, r"checks\.spf\.status"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": {"message": b"x"}}}]}, r"spf\.message 'bytes'"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": {"record": 5}}}]}, r"spf\.record 'int'"),
        (lambda all_: {**all_, "domains": [{"checks": {"spf": {"warnings": "x"}}}]}, r"spf\.warnings 'str'"),
        (lambda all_: {**all_, "probes": [{"steps": [{"success": "no"}]}]}, r"probes\[1\]\.steps\[1\]\.success 'no'"),
        (lambda all_: {**all_, "probes": [{"steps": [{"started_ms": float("nan")}]}]}, r"steps\[1\]\.started_ms"),
        (lambda all_: {**all_, "probes": [{"duration_ms": True}]}, r"probes\[1\]\.duration_ms"),
        (lambda all_: {**all_, "probes": [{"certificate": "x"}]}, r"probes\[1\]\.certificate 'str'"),
    ],
)
def test_a_wrong_type_is_told_with_its_place(change: Callable[[Any], Any], place: str) -> None:
    with pytest.raises(AnsibleFilterError, match=place):
        evidence_verdict(change(green()))


@pytest.mark.parametrize("fail_on", ["errors", None, 1, ["error"]])
def test_fail_on_has_to_be_known(fail_on: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"fail_on .*give one of error, warning, never"):
        evidence_verdict(green(), fail_on)


def test_hostile_words_are_cut_and_can_be_written() -> None:
    evidence = many(1)
    spf = {"status": "error", "message": "\x1b[2J\udcff\u202e" + "x" * 65536}
    evidence["domains"][0] |= {"domain": "a\x00b.example", "checks": {"s\x1bpf": spf}}
    found = evidence_verdict(evidence)["failures"][-1]
    assert found["place"] == "a\\x00b.example" and found["check"] == "s\\x1bpf"
    assert found["message"].startswith("\\x1b[2J\\xff\\u{202e}xxx") and found["message"].endswith("(65,542 characters)")
    assert len(found["message"]) < 1100
    json.dumps(found, ensure_ascii=False).encode("utf-8")
