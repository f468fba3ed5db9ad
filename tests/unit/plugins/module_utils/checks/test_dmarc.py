# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check dmarc: every verdict of its document, what RFC 7489 left behind, and where reports go."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.dmarc import QUESTION_LIMIT, check_dmarc
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dmarc_record import lowered, parse_dmarc
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply

RUA = "rua=mailto:dmarc@example.com"
STRICT = f"v=DMARC1; p=reject; {RUA}"
NAME = "_dmarc.example.com TXT"


def check(records: dict[str, Entry], domain: str = "example.com", expected: str | None = None) -> Check:
    """Return the verdict in a world of ``records``."""
    wanted = {} if expected is None else {(f"_dmarc.{domain}", "TXT"): (expected,)}
    return check_dmarc(domain, World(Table(records), wanted))


def test_a_strict_policy() -> None:
    found = check({NAME: [STRICT]}, expected=STRICT)
    assert found.shown() == {
        "status": "success",
        "message": "DMARC rejects what fails (p=reject)",
        "record": STRICT,
        "warnings": [],
        "info": [],
        "policy": "reject",
        "subdomain_policy": None,
        "nonexistent_policy": None,
        "pct": "100",
        "testing": False,
        "is_strong": True,
        "policy_domain": "example.com",
        "organizational_domain": "example.com",
        "rua": ["mailto:dmarc@example.com"],
        "ruf": [],
    }


@pytest.mark.parametrize(
    ("tags", "status", "words"),
    [
        ("p=quarantine", "warning", "consider reject"),
        ("p=none", "warning", "only watches"),
        ("p=reject; t=y", "warning", "receivers apply quarantine instead of reject"),
        ("p=quarantine; t=y", "warning", "receivers apply none instead of quarantine"),
        ("p=reject; sp=none", "warning", "subdomains are not protected (sp=none)"),
        ("p=reject; np=none", "warning", "do not exist are not protected"),
        ("p=reject; pct=50", "warning", "50 % of what fails"),
        ("p=reject; pct=0", "warning", "0 % of what fails"),
        ("p=reject; pct=many", "warning", "never a number"),
        ("p=reject; p=none", "warning", "p= is there twice"),
        ("p=reject; adkim=strict", "warning", "adkim='strict' is none of r, s"),
        ("p=reject; fo=2; ruf=mailto:a@example.com", "warning", "fo='2'"),
        ("p=reject; ruf=dmarc@example.com", "warning", "is no URI"),
        ("p=reject; ruf=mailto:nobody", "warning", "is no mailto:"),
        ("p=reject; ruf=mailto:a@example.com!10m", "warning", "limit of size"),
        ("p=reject; ruf=mailto:a!b@example.com", "warning", "%21"),
        ("p=reject; ruf=", "warning", "is empty"),
        ("p=rejct", "warning", "take it for p=none"),
        ("", "warning", "lacks p="),
        ("p=reject; sp=bad", "warning", "take it for p=none"),
    ],
)
def test_verdicts(tags: str, status: str, words: str) -> None:
    found = check({NAME: [f"v=DMARC1; {tags}; {RUA}" if tags else f"v=DMARC1; {RUA}"]})
    assert found.status == status
    assert any(words in text for text in found.warnings), found.warnings
    strong = tags.startswith("p=reject") and not any(tag in tags for tag in ("t=y", "pct", "sp=bad"))
    assert found.fields["is_strong"] is strong


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("p=reject; pct=100", "pct='100' means nothing any more"),
        ("p=reject; ri=86400", "ri= means nothing"),
        ("sp=reject; p=reject", "right behind v="),
        ("p=reject; rf=afrf", "rf= means nothing"),
        ("p=reject; sp=quarantine", "subdomains have another policy (quarantine)"),
        ("p=reject; fo=1", "fo= means nothing without ruf="),
        ("p=reject; ruf=https://example.com/x", "mailto: only"),
    ],
)
def test_what_is_only_told(tags: str, words: str) -> None:
    found = check({NAME: [f"v=DMARC1; {tags}; {RUA}"]})
    assert (found.status, found.warnings) == ("success", ())
    assert any(words in text for text in found.info), found.info


def test_fields_as_they_are_found() -> None:
    found = check({NAME: [f"v=DMARC1; p=reject; sp=quarantine; np=reject; pct=20; {RUA},mailto:x@example.com"]})
    assert (found.fields["subdomain_policy"], found.fields["nonexistent_policy"]) == ("quarantine", "reject")
    assert found.fields["pct"] == "20"
    assert found.fields["rua"] == ["mailto:dmarc@example.com", "mailto:x@example.com"]
    assert check({NAME: ["v=DMARC1; p=reject; t=y"]}).fields["testing"] is True


def test_no_record() -> None:
    found = check({"example.com MX": ["10 mx.example.com."]})
    assert (found.status, found.record, found.fields["policy"], found.fields["pct"]) == ("error", None, None, None)
    assert "NXDOMAIN" in found.message
    assert "no such record" in check({f"x.{NAME}": ["x"]}).message
    assert "other TXT" in check({NAME: ["hello"]}).message


@pytest.mark.parametrize("text", ["V=DMARC1; p=reject", " v=DMARC1;p=none", "v=dmarc1; p=none", '"v=DMARC1; p=none"'])
def test_a_record_that_does_not_count(text: str) -> None:
    found = check({NAME: [text]})
    assert found.status == "error"
    assert "does not begin with exactly" in found.message


def test_several_records() -> None:
    found = check({NAME: [STRICT, "v=DMARC1; p=none"]})
    assert found.status == "error"
    assert "2 DMARC records" in found.message
    assert found.record == f"{STRICT}; v=DMARC1; p=none"


def test_a_record_that_is_not_applied() -> None:
    found = check({NAME: ["v=DMARC1; p=rejct"]})
    assert (found.status, found.fields["policy"]) == ("error", None)
    assert "do not apply" in found.message


@pytest.mark.parametrize("outcome", [seen.TIMEOUT, seen.SERVFAIL, seen.UNREACHABLE])
def test_a_question_without_an_answer(outcome: str) -> None:
    found = check({NAME: outcome}, expected=STRICT)
    assert found.status == "unknown"
    above = check({"_dmarc.example.com TXT": outcome}, "sub.example.com")
    assert above.status == "unknown"
    top = check({NAME: [STRICT], "_dmarc.com TXT": outcome})
    assert top.status == "success"
    assert "organisational domain may be another" in top.info[0]


def test_a_policy_from_above_is_none_while_the_own_record_is_not_known() -> None:
    found = check({NAME: [STRICT], "_dmarc.sub.example.com TXT": seen.SERVFAIL}, "sub.example.com")
    assert (found.status, found.fields["policy"], found.fields["is_strong"]) == ("unknown", None, False)
    assert found.info == ()


def test_a_bogus_answer() -> None:
    assert check({NAME: Reply(seen.SERVFAIL, bogus=True)}).status == "error"


def test_a_subdomain_has_the_policy_of_its_organization() -> None:
    found = check({NAME: ["v=DMARC1; p=reject; sp=quarantine; " + RUA]}, "sub.example.com")
    assert (found.status, found.fields["policy"], found.fields["policy_domain"]) == (
        "warning",
        "quarantine",
        "example.com",
    )
    assert "no record of its own" in found.info[0]
    assert check({NAME: [STRICT]}, "sub.example.com").status == "success"


def test_sp_below_the_organization_means_nothing() -> None:
    found = check({NAME: [STRICT], "_dmarc.sub.example.com TXT": [f"{STRICT}; sp=none"]}, "sub.example.com")
    assert found.status == "success"
    assert "sp= and np= mean nothing here" in found.info[0]


def test_another_record_than_expected() -> None:
    found = check({NAME: [STRICT]}, expected="v=DMARC1; p=reject")
    assert found.status == "error"
    assert STRICT in found.message
    assert "'v=DMARC1; p=reject'" in found.message
    assert check({NAME: [f"v=DMARC1;p=reject;{RUA};"]}, expected=STRICT).status == "success"
    missing = check({}, expected=STRICT)
    assert "found nothing" in missing.message


def test_reports_to_another_organization() -> None:
    text = "v=DMARC1; p=reject; rua=mailto:d@reports.example.net,mailto:e@reports.example.net"
    consent = "example.com._report._dmarc.reports.example.net TXT"
    denied = check({NAME: [text]})
    assert denied.status == "warning"
    assert len(denied.warnings) == 1
    assert consent.removesuffix(" TXT") in denied.message
    assert check({NAME: [text], consent: ["v=DMARC1;"]}).status == "success"
    assert check({NAME: [text], consent: ["yes"]}).status == "warning"
    unsure = check({NAME: [text], consent: seen.TIMEOUT})
    assert unsure.status == "success"
    assert "not known" in unsure.info[0]


def test_reports_to_dozens_of_organizations_cost_few_questions() -> None:
    uris = ",".join(f"mailto:x@{'a.' * 6}example{number}.net" for number in range(20))
    table = Table({NAME: [f"{STRICT.replace(RUA, f'rua={uris}')}; ruf={uris}"]})
    found = check_dmarc("example.com", World(table))
    assert len(set(table.asked)) <= 2 + QUESTION_LIMIT
    assert (found.status, len(found.fields["rua"])) == ("warning", 20)
    assert "not asked, there were too many questions" in found.info[-1]


def test_reports_within_the_organization_need_no_consent() -> None:
    text = "v=DMARC1; p=reject; rua=mailto:d@reports.example.com"
    assert check({NAME: [text]}).status == "success"
    # A domain that is its own organisation has to consent.
    own = {"_dmarc.reports.example.com TXT": ["v=DMARC1; p=reject; psd=n"]}
    assert check({NAME: [text], **own}).status == "warning"


def test_consent_is_asked_for_the_policy_domain() -> None:
    text = "v=DMARC1; p=reject; ruf=mailto:d@example.net"
    found = check({NAME: [text], "example.com._report._dmarc.example.net TXT": ["v=DMARC1"]}, "sub.example.com")
    assert found.status == "success"


def test_addresses_without_end() -> None:
    many = ",".join(f"mailto:d@d{number}.example" for number in range(3000))
    table = Table({NAME: [f"v=DMARC1; p=reject; rua={many}"]})
    found = check_dmarc("example.com", World(table))
    assert found.status == "warning"
    assert len(table.asked) < 100


def test_an_escaped_address() -> None:
    (uri,) = parse_dmarc("v=DMARC1; p=none; rua=mailto:a%21b@example.com?subject=x").rua
    assert (uri.domain, uri.problem) == ("example.com", "")


@pytest.mark.parametrize(("policy", "weaker"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")])
def test_testing_lowers_the_policy(policy: str, weaker: str) -> None:
    assert lowered(policy) == weaker
