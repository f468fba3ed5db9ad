# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every check, whatever the DNS answers: a verdict with a reason, with an end, in JSON, no exception."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.checks.autoconfig import check_autoconfig
from ansible_collections.mailwright.mail.plugins.module_utils.checks.bimi import check_bimi
from ansible_collections.mailwright.mail.plugins.module_utils.checks.caa import check_caa
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dkim import check_dkim
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dmarc import check_dmarc
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnsbl import check_dnsbl
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dnssec import check_dnssec
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import STATUSES, Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.mx import check_mx
from ansible_collections.mailwright.mail.plugins.module_utils.checks.ptr import check_ptr
from ansible_collections.mailwright.mail.plugins.module_utils.checks.tls_rpt import check_tls_rpt
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import FOUND, Reply

CHECKS: dict[str, Callable[[str, World], Check]] = {
    "autoconfig": check_autoconfig,
    "bimi": check_bimi,
    "caa": check_caa,
    "dkim": check_dkim,
    "dmarc": check_dmarc,
    "dnsbl": check_dnsbl,
    "dnssec": check_dnssec,
    "mx": check_mx,
    "ptr": check_ptr,
    "tls_rpt": check_tls_rpt,
}
OUTCOMES = (
    *(seen.NXDOMAIN, seen.NO_DATA, seen.SERVFAIL, seen.TIMEOUT, seen.UNREACHABLE, seen.MALFORMED, seen.NO_ROUTE),
    "REFUSED",
)
# What records are made of, so that more than the first look at a text is tried.
PIECES = (
    *("v=DMARC1", "v=DKIM1", "v=TLSRPTv1", "v=BIMI1", "; ", ";", "=", ",", " ", "\t", '"', "!", ":", "p=", "p=reject"),
    *("p=none", "sp=", "np=x", "t=y", "t=s", "psd=y", "psd=n", "pct=", "50", "rua=", "ruf=", "mailto:", "a@b.example"),
    *("k=", "rsa", "ed25519", "h=sha1", "s=", "AAAA", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "l=", "a="),
    *(
        "https://",
        "[",
        "x.svg",
        "0 issue ",
        "128 ",
        "issue",
        "iodef",
        "accounturi=",
        "validationmethods=",
        "ca.example",
    ),
    *("10 ", "0 0 0 ", "0 1 993 ", ".", "mx.example.", "localhost.", "127.0.0.1", "127.255.255.1", "::1", "8.8.4.4"),
    *("-", "99999999999999999999", "\udcff", "ü", "\x00", "\n", "٣", "%", "\\032", "_report"),
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=16).map("".join),
)
REPLIES = st.one_of(
    st.builds(
        Reply,
        st.just(FOUND),
        st.lists(TEXTS, min_size=1, max_size=4).map(tuple),
        st.booleans(),
        st.sampled_from(["", "a.example", "example.com"]),
    ),
    st.builds(Reply, st.sampled_from(OUTCOMES), secure=st.booleans(), bogus=st.booleans()),
)


class Whatever:
    """A lookup that says of each name one of a few replies."""

    def __init__(self, replies: list[Reply]) -> None:
        self._replies = replies
        self._given: dict[tuple[str, str], Reply] = {}
        self.asked = 0

    def resolve(self, name: str, type_: str) -> Reply:
        """Return the next reply, and for a name that was asked before the same."""
        self.asked += 1
        return self._given.setdefault((name, type_), self._replies[len(self._given) % len(self._replies)])


def judge(name: str, lookup: Whatever, expected: dict[tuple[str, str], tuple[str, ...]]) -> Check:
    """Return the verdict of the check ``name``, which has been looked at."""
    world = World(
        lookup,
        expected,
        selectors=("s1", "s2"),
        addresses=("8.8.4.4",) if lookup.asked % 2 else (),
        blocklists=("bl.example",),
    )
    found = CHECKS[name]("example.com", world)
    assert found.status in STATUSES
    assert found.message
    json.dumps(found.shown(), ensure_ascii=False).encode()
    return found


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(replies=st.lists(REPLIES, min_size=1, max_size=6), wanted=TEXTS)
def test_every_answer_gets_a_verdict(name: str, replies: list[Reply], wanted: str) -> None:
    names = {"example.com MX", "example.com CAA", "_dmarc.example.com TXT", "s3._domainkey.example.com TXT"}
    names |= {"autoconfig.example.com CNAME", "_imaps._tcp.example.com SRV", "default._bimi.example.com TXT"}
    expected = {(one.split()[0], one.split()[1]): (wanted,) for one in names}
    lookup = Whatever(replies)
    judge(name, lookup, {})
    judge(name, lookup, expected)


HUGE = (
    ("A" * 65000,),
    ("v=DMARC1; p=reject; rua=" + "mailto:a@b.example," * 3000,),
    ("v=DMARC1; " + "x=1;" * 15000,),
    ("v=DKIM1; p=" + "A" * 64000,),
    ("v=DKIM1; k=" + ":" * 64000,),
    ("v=TLSRPTv1; rua=" + "https://" * 8000,),
    ("v=BIMI1; l=" + "https://[" * 7000,),
    ('0 issue "' + "a" * 60000 + '!"',),
    ('0 issue "ca.example' + "; a=b" * 12000 + '"',),
    ('0 issue "' + "a-" * 30000 + '"',),
    ("\udcff" * 60000,),
    tuple(f"v=DMARC1; p=none; n={number}" for number in range(5000)),
    tuple(f"{number} m{number}.example." for number in range(5000)),
    tuple(f"10.{number // 250}.{number % 250}.1" for number in range(5000)),
    tuple(f'0 x{number} "y"' for number in range(5000)),
)


@pytest.mark.parametrize("values", HUGE, ids=range(len(HUGE)))
@pytest.mark.parametrize("name", CHECKS)
def test_huge_answers_have_an_end(name: str, values: tuple[str, ...]) -> None:
    lookup = Whatever([Reply(FOUND, values)])
    begin = time.process_time()
    found = judge(name, lookup, {})
    # Less than 0.1 s wherever it was measured.
    assert time.process_time() - begin < 3
    assert lookup.asked < 500
    assert len(json.dumps(found.shown())) < 200_000
