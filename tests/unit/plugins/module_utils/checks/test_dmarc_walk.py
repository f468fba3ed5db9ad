# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DMARC record holds: the examples of RFC 9989, and what the walk does where zones misbehave."""

from __future__ import annotations

import pytest
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks.dmarc_walk import discover, walk_names
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen


def table(**records: Entry) -> Table:
    """Return a world with the DMARC records that are given by domain; ``__`` stands for a dot."""
    return Table({f"_dmarc.{name.replace('__', '.')} TXT": entry for name, entry in records.items()})


PLAIN = ["v=DMARC1; p=reject"]


def test_a_deep_name_takes_eight_questions() -> None:
    # RFC 9989, section 4.10.
    lookup = table()
    discover("a.b.c.d.e.f.g.h.i.j.mail.example.com", lookup)
    assert lookup.asked == [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com TXT",
        "_dmarc.g.h.i.j.mail.example.com TXT",
        "_dmarc.h.i.j.mail.example.com TXT",
        "_dmarc.i.j.mail.example.com TXT",
        "_dmarc.j.mail.example.com TXT",
        "_dmarc.mail.example.com TXT",
        "_dmarc.example.com TXT",
        "_dmarc.com TXT",
    ]


@pytest.mark.parametrize(
    ("domain", "count", "second"),
    [
        ("com", 1, None),
        ("example.com", 2, "com"),
        ("a.b.c.d.e.f.g", 7, "b.c.d.e.f.g"),
        ("a.b.c.d.e.f.g.h", 8, "b.c.d.e.f.g.h"),
        ("a.b.c.d.e.f.g.h.i", 8, "c.d.e.f.g.h.i"),
        (".".join("a" * 120), 8, "a.a.a.a.a.a.a"),
    ],
)
def test_how_many_questions_a_name_takes(domain: str, count: int, second: str | None) -> None:
    names = walk_names(domain)
    assert len(names) == count
    assert names[0] == domain
    assert names[1:2] == ([second] if second else [])


def test_a_zone_cut_that_the_walk_leaps_over() -> None:
    # RFC 9989, section 5.1.7.
    lookup = table(example__com=PLAIN, b__c__d__e__f__g__example__com=["v=DMARC1; p=none; psd=n"])
    found = discover("mail.a.b.c.d.e.f.g.example.com", lookup)
    assert "_dmarc.b.c.d.e.f.g.example.com TXT" not in lookup.asked
    assert found.policy_domain == "example.com"


# RFC 9989, section 4.10.2.
@pytest.mark.parametrize(
    ("records", "organization"),
    [
        ({"mail__example__com": PLAIN, "example__com": PLAIN}, "example.com"),
        ({"mail__example__com": ["v=DMARC1; p=none; psd=n"], "example__com": PLAIN}, "mail.example.com"),
        ({"com": ["v=DMARC1; p=reject; psd=y"]}, "example.com"),
        ({}, "a.mail.example.com"),
    ],
)
def test_organizational_domains(records: dict[str, list[str]], organization: str) -> None:
    assert discover("a.mail.example.com", table(**records)).organizational_domain == organization


def test_simple_example() -> None:
    # RFC 9989, appendix B.4.1.
    lookup = table(example__com=PLAIN, signing__example__com=["v=DMARC1; p=none"])
    author = discover("example.com", lookup)
    assert (author.organizational_domain, author.policy_domain) == ("example.com", "example.com")
    assert lookup.asked == ["_dmarc.example.com TXT", "_dmarc.com TXT"]
    signer = discover("signing.example.com", lookup)
    assert (signer.organizational_domain, signer.policy_domain) == ("example.com", "signing.example.com")
    assert signer.existing_policy == "none"


def test_deep_example() -> None:
    # RFC 9989, appendix B.4.2.
    lookup = table(example__com=["v=DMARC1; p=reject; sp=quarantine; np=none"], signing__example__com=PLAIN)
    found = discover("a.b.c.d.e.f.g.h.i.j.k.example.com", lookup)
    assert [question.removesuffix(" TXT") for question in lookup.asked] == [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com",
        "_dmarc.g.h.i.j.k.example.com",
        "_dmarc.h.i.j.k.example.com",
        "_dmarc.i.j.k.example.com",
        "_dmarc.j.k.example.com",
        "_dmarc.k.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
    ]
    assert (found.organizational_domain, found.policy_domain) == ("example.com", "example.com")
    assert (found.existing_policy, found.nonexistent_policy) == ("quarantine", "none")


def test_example_with_a_public_suffix() -> None:
    # RFC 9989, appendix B.4.3.
    lookup = table(
        bank__example=["v=DMARC1; p=reject; psd=y; np=quarantine"], giant__bank__example=["v=DMARC1; p=none"]
    )
    author = discover("giant.bank.example", lookup)
    assert (author.organizational_domain, author.policy_domain) == ("giant.bank.example", "giant.bank.example")
    assert lookup.asked == ["_dmarc.giant.bank.example TXT", "_dmarc.bank.example TXT"]
    sender = discover("mail.giant.bank.example", lookup)
    assert (sender.organizational_domain, sender.policy_domain) == ("giant.bank.example", "giant.bank.example")
    signer = discover("mail.mega.bank.example", lookup)
    assert (signer.organizational_domain, signer.policy_domain) == ("mega.bank.example", "bank.example")
    assert (signer.existing_policy, signer.nonexistent_policy) == ("reject", "quarantine")
    suffix = discover("bank.example", lookup)
    assert (suffix.organizational_domain, suffix.policy_domain) == ("bank.example", "bank.example")


def test_a_record_between_is_not_the_policy() -> None:
    lookup = table(b__example__com=["v=DMARC1; p=none"], example__com=PLAIN)
    found = discover("a.b.example.com", lookup)
    assert (found.policy_domain, found.existing_policy) == ("example.com", "reject")


def test_several_records_are_none() -> None:
    lookup = table(a__example__com=[*PLAIN, "v=DMARC1; p=none"], example__com=["v=spf1 -all", *PLAIN])
    found = discover("A.example.com.", lookup)
    assert found.policy_domain == "example.com"
    assert len(found.own.texts) == 2


@pytest.mark.parametrize(
    "text",
    ["V=DMARC1; p=reject", " v=DMARC1; p=reject", "v=dmarc1; p=reject", "v=DMARC1 p=reject", "v=DMARC10; p=reject"],
)
def test_what_is_no_dmarc_record(text: str) -> None:
    assert discover("example.com", table(example__com=[text])).record is None


@pytest.mark.parametrize("text", ["v=DMARC1", "v = DMARC1 ; p=none", "v=DMARC1;", "v=DMARC1\t;p=none"])
def test_what_is_a_dmarc_record(text: str) -> None:
    assert discover("example.com", table(example__com=[text])).record is not None


# RFC 9989, section 4.10.1.
@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("v=DMARC1; p=REJECT", "reject"),
        ("v=DMARC1", None),
        ("v=DMARC1; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=rejct", None),
        ("v=DMARC1; p=rejct; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=reject; sp=bad", None),
        ("v=DMARC1; p=reject; np=bad; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=reject; np=bad; rua=rubbish", None),
        ("v=DMARC1; p=reject; adkim=x; unknown=y; rubbish", "reject"),
    ],
)
def test_what_is_not_valid(text: str, policy: str | None) -> None:
    assert discover("example.com", table(example__com=[text])).existing_policy == policy


@pytest.mark.parametrize(
    ("text", "existing", "made_up"),
    [
        ("v=DMARC1; p=reject", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=none", "none", "none"),
        ("v=DMARC1; p=none; np=reject", "none", "reject"),
        ("v=DMARC1; p=none; sp=quarantine; np=reject", "quarantine", "reject"),
    ],
)
def test_policies_of_subdomains(text: str, existing: str, made_up: str) -> None:
    found = discover("sub.example.com", table(example__com=[text]))
    assert (found.existing_policy, found.nonexistent_policy) == (existing, made_up)


def test_what_is_known_without_an_answer() -> None:
    above = discover("example.com", table(example__com=PLAIN, com=seen.TIMEOUT))
    assert (above.known, above.existing_policy, len(above.failed)) == (True, "reject", 1)
    own = discover("sub.example.com", table(sub__example__com=seen.SERVFAIL, example__com=PLAIN))
    assert not own.known
    nothing = discover("sub.example.com", table(example__com=seen.SERVFAIL))
    assert (nothing.known, nothing.record) == (False, None)
    assert discover("sub.example.com", table()).known
