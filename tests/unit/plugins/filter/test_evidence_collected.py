# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the results of probes and checks, those of tasks that failed or did not run among them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.filter.evidence_collected import evidence_collected

NOW = "2026-11-22T12:00:00Z"
CERTIFICATE = {"subject": "CN=mx1.example.net", "sha256": "aa", "days_left": 60, "problem": None}
KEY = {"domain": "example.com", "selector": "a", "algorithm": "rsa", "bits": 2048, "state": "signing", "key_path": "/x"}


def probe(**more: Any) -> dict[str, Any]:
    return {"success": True, "message": "fine", "port": 25, "steps": [], "certificate": CERTIFICATE, **more}


def host(**more: Any) -> dict[str, Any]:
    return {
        "units": ["postfix", "dovecot"],
        "active": {"stdout": "active\nactive", "rc": 0},
        "keys": {"dkim_keys": [KEY], "changed": False},
        "probes": [{"kind": "smtp", "target": "port 25", "result": probe(auth_before_tls=[], auth_after_tls=[])}],
        "certificate_days": 14,
        "logins": 1,
        **more,
    }


def collected(*hosts: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"names": [f"mx{number}" for number in range(1, len(hosts) + 1)], "hosts": list(hosts), **more}
    return evidence_collected(given, "Mail", NOW)


def not_good(evidence: dict[str, Any]) -> dict[str, tuple[str, str]]:
    entries = [(one["name"], one) for host in evidence["hosts"] for one in host.get("checks", ())]
    entries += [(one["subject"], one) for host in evidence["hosts"] for one in host.get("certificates", ())]
    entries += [(f"{one['kind']} {one['target']}", one) for one in evidence["probes"]]
    return {name: (one["status"], one["message"]) for name, one in entries if one["status"] != "success"}


def test_what_is_good_is_evidence_of_it() -> None:
    evidence = collected(host(), domains={"domains": [{"domain": "example.com", "status": "success", "checks": {}}]})
    assert (evidence["title"], evidence["made_at"], evidence["status"]) == ("Mail", NOW, "success")
    assert not_good(evidence) == {}
    (found,) = evidence["hosts"]
    assert [check["name"] for check in found["checks"]] == ["service postfix", "service dovecot", "logins on port 25"]
    assert found["certificates"][0]["message"] == "port 25: valid for 60 more days"
    assert found["dkim_keys"][0]["selector"] == "a"
    assert "key_path" not in found["dkim_keys"][0]
    assert evidence["probes"][0]["host"] == "mx1"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"active": {"stdout": "active\nfailed"}}, {"service dovecot": ("error", "dovecot is failed")}),
        (
            {"active": {"msg": "no such file"}},
            {
                "service postfix": ("error", "postfix is unknown"),
                "service dovecot": ("error", "dovecot is unknown"),
            },
        ),
        (
            {"keys": {"msg": "the Python library cryptography is needed here"}},
            {"DKIM keys": ("error", "the keys could not be read: the Python library cryptography is needed here")},
        ),
        (
            {"logins": 0},
            {
                "mailboxes": (
                    "warning",
                    "no mailbox has a password that is known here, so that no message was sent: give verify_mailboxes",
                )
            },
        ),
        (
            {"probes": [{"kind": "sieve", "target": "sieve", "result": {"skipped": True}}]},
            {"sieve sieve": ("error", "this was not tried: its task was skipped")},
        ),
        (
            {"probes": [{"kind": "sieve", "target": "sieve", "result": {"msg": "MODULE FAILURE"}}]},
            {"sieve sieve": ("error", "this was not tried: MODULE FAILURE")},
        ),
        (
            {
                "probes": [
                    {
                        "kind": "imap",
                        "target": "imap",
                        "result": {
                            "unreachable": True,
                            "results": [{"item": "imaps", "unreachable": True, "msg": "Failed to connect to the host"}],
                        },
                    }
                ]
            },
            {"imap imaps": ("error", "this was not tried: Failed to connect to the host")},
        ),
        (
            {"probes": [{"kind": "smtp", "target": "port 25", "result": probe(success=False, message="refused")}]},
            {"smtp port 25": ("error", "refused")},
        ),
    ],
)
def test_what_is_not_good_is_told(more: dict[str, Any], told: dict[str, tuple[str, str]]) -> None:
    assert not_good(collected(host(**more))) == told


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"auth_before_tls": ["PLAIN"], "auth_after_tls": []}, "port 25 offers logins before TLS"),
        ({"auth_before_tls": [], "auth_after_tls": ["PLAIN", "LOGIN"]}, "which belong to submission: PLAIN, LOGIN"),
        ({"auth_before_tls": ["LOGIN"], "auth_after_tls": ["LOGIN"], "port": 587}, "port 25 offers logins before TLS"),
    ],
)
def test_logins_are_offered_where_they_belong(result: dict[str, Any], told: str) -> None:
    found = not_good(collected(host(probes=[{"kind": "smtp", "target": "port 25", "result": probe(**result)}])))
    assert found["logins on port 25"][0] == "error"
    assert told in found["logins on port 25"][1]


def test_nothing_is_said_of_logins_where_nobody_answers() -> None:
    result = probe(success=False, message="refused", auth_before_tls=[], auth_after_tls=[])
    evidence = collected(host(probes=[{"kind": "smtp", "target": "port 25", "result": result}]))
    assert "logins on port 25" not in [one["name"] for one in evidence["hosts"][0]["checks"]]


def test_logins_under_tls_alone_are_good_for_submission() -> None:
    result = probe(auth_before_tls=[], auth_after_tls=["PLAIN"], port=587)
    assert not_good(collected(host(probes=[{"kind": "smtp", "target": "submission", "result": result}]))) == {}


@pytest.mark.parametrize(
    ("certificate", "status", "told"),
    [
        ({"days_left": 13}, "warning", "port 25: valid for 13 more days"),
        ({"days_left": 14}, None, ""),
        ({"days_left": -1, "problem": "it has expired"}, "error", "port 25: it has expired"),
        ({"days_left": None}, "error", "port 25: it does not say until when it is valid"),
    ],
)
def test_a_certificate_is_judged_by_its_life(certificate: dict[str, Any], status: str | None, told: str) -> None:
    result = probe(certificate={**CERTIFICATE, **certificate})
    found = not_good(collected(host(probes=[{"kind": "smtp", "target": "port 25", "result": result}])))
    assert found == ({} if status is None else {"CN=mx1.example.net": (status, told)})


def test_a_loop_is_one_probe_for_each_item_and_a_certificate_stands_there_once() -> None:
    results = [{**probe(), "item": "submission", "ansible_loop_var": "item"}, {**probe(), "item": "submissions"}]
    evidence = collected(host(probes=[{"kind": "smtp", "target": "-", "result": {"results": results}}]))
    assert [one["target"] for one in evidence["probes"]] == ["submission", "submissions"]
    assert "item" not in evidence["probes"][0]
    (certificate,) = evidence["hosts"][0]["certificates"]
    assert certificate["message"] == "submission, submissions: valid for 60 more days"


def test_a_host_that_the_play_lost_is_a_failure() -> None:
    evidence = collected(host(), {})
    assert [one["status"] for one in evidence["hosts"]] == ["success", "error"]
    assert evidence["hosts"][1]["name"] == "mx2"
    assert "was not verified" in evidence["hosts"][1]["message"]


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"msg": "the Python library dns.resolver is needed here"}, "dns.resolver is needed here"),
        (None, "its task did not run"),
        ({"domains": [{"domain": "example.org", "status": "success"}]}, "its task did not run"),
        ({"results": []}, "its task did not run"),
        (
            {"results": [{"domains": [{"domain": "example.org", "status": "success"}]}, {"msg": "no resolver"}]},
            "no resolver",
        ),
    ],
)
def test_domains_that_were_not_asked_for_are_failures(result: Any, told: str) -> None:
    evidence = collected(host(), domains=result, expected=["example.com"])
    (found,) = [one for one in evidence["domains"] if one["domain"] == "example.com"]
    assert found["status"] == evidence["status"] == "error"
    assert told in found["message"]


def test_a_domain_is_known_however_its_name_is_written() -> None:
    found = [{"domain": name, "status": "success", "checks": {}} for name in ("example.com", "xn--bcher-kva.example")]
    evidence = collected(host(), domains={"domains": found}, expected=["Example.com", "b\u00fccher.example"])
    assert (evidence["status"], len(evidence["domains"])) == ("success", 2)


def test_domains_of_which_nobody_knows_what_is_wanted_are_failures() -> None:
    found = {"domain": "example.com", "status": "success", "checks": {"spf": {"status": "success", "message": "fine"}}}
    failed = {"msg": "keys differ", "failed": False, "item": {"domains": [], "mail_hosts": []}}
    evidence = collected(host(), domains={"results": [{"domains": [found], "item": failed}]}, expected=["example.com"])
    (domain,) = evidence["domains"]
    assert domain["status"] == evidence["status"] == "error"
    assert domain["checks"] == {
        **found["checks"],
        "records": {"status": "error", "message": "what the DNS should have is not known: keys differ"},
    }


def test_domains_are_compared_with_records_that_are_wanted() -> None:
    found = {"domain": "example.com", "status": "success", "checks": {}}
    evidence = collected(host(), domains={"results": [{"domains": [found], "item": {"records": [], "item": {}}}]})
    assert evidence["domains"] == [found]


def test_a_message_that_was_only_asked_for_proves_no_delivery() -> None:
    asked = probe(message="would be taken", sent=False)
    found = not_good(collected(host(probes=[{"kind": "delivery", "target": "a@example.com", "result": asked}])))
    assert found == {"delivery a@example.com": ("unknown", "would be taken")}


def test_a_host_that_takes_no_submission_sends_no_message() -> None:
    nothing = {"kind": "delivery", "target": "delivery", "result": {"results": [], "skipped": True}}
    found = not_good(collected(host(probes=[nothing])))
    assert found["mailboxes"][0] == "warning"
    assert "verify_services" in found["mailboxes"][1]


@pytest.mark.parametrize("given", [None, [], {}, {"hosts": {}}, "text"])
def test_what_is_no_collection_is_told(given: object) -> None:
    with pytest.raises(AnsibleFilterError, match="has no hosts"):
        evidence_collected(given, "Mail", NOW)
