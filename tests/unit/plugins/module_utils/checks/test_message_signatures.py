# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM signatures of received messages: the RFCs' own examples, messages that dkimpy signs here, and hostile ones."""

from __future__ import annotations

import re
import sys
import time

import pytest
from received_mail.samples import (
    KEY,
    KEYS,
    PLAIN,
    RFC_6376,
    RFC_6376_KEYS,
    RFC_8463,
    RFC_8463_KEYS,
    Key,
    Texts,
    key_record,
    signed,
)

from ansible_collections.mailwright.mail.plugins.module_utils.checks import signatures
from ansible_collections.mailwright.mail.plugins.module_utils.checks.message_dkim import dkim_check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import ERROR, SUCCESS, UNKNOWN, WARNING
from ansible_collections.mailwright.mail.plugins.module_utils.checks.signatures import Signature, verify
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import Reply


def one(message: bytes, keys: dict[str, str | list[str] | Reply] | None = None) -> Signature:
    """Return the one signature of ``message``."""
    (found,), total = verify(message, Texts(KEYS if keys is None else keys))
    assert total == 1
    return found


def test_the_example_of_rfc_8463_has_two_right_signatures() -> None:
    found, total = verify(RFC_8463, Texts(RFC_8463_KEYS))
    assert total == 2
    assert [(each.domain, each.selector, each.algorithm, each.result) for each in found] == [
        ("football.example.com", "brisbane", "ed25519-sha256", "pass"),
        ("football.example.com", "test", "rsa-sha256", "pass"),
    ]


def test_a_changed_example_of_rfc_8463_has_none() -> None:
    found, _total = verify(RFC_8463.replace(b"lost the game", b"won the game"), Texts(RFC_8463_KEYS))
    assert [(each.result, each.message) for each in found] == [
        ("fail", "the body is not the one that was signed"),
        ("fail", "the body is not the one that was signed"),
    ]
    found, _total = verify(RFC_8463.replace(b"dinner", b"lunch"), Texts(RFC_8463_KEYS))
    assert [each.result for each in found] == ["fail", "fail"]


def test_the_example_of_rfc_6376_is_right() -> None:
    found = one(RFC_6376, dict(RFC_6376_KEYS))
    assert (found.domain, found.selector, found.result) == ("example.com", "brisbane", "pass")
    # Simple canonicalization: a blank in a header counts.
    assert one(RFC_6376.replace(b"Subject: Is", b"Subject:  Is"), dict(RFC_6376_KEYS)).result == "fail"


def test_what_dkimpy_signs_is_right() -> None:
    found = one(signed())
    assert (found.result, found.message) == ("pass", "the signature of example.com is right")
    assert found.record == key_record()
    assert not found.testing
    assert not found.partial


def test_the_begin_of_a_body_may_be_signed() -> None:
    message = signed(length=True)
    assert one(message).partial
    assert one(message + b"More.\r\n").result == "pass"


@pytest.mark.parametrize(
    ("record", "result", "words"),
    [
        (
            None,
            "permerror",
            r"there is no key: TXT of s1\._domainkey\.example\.com: there is no such name \(NXDOMAIN\)",
        ),
        (Reply(seen.NO_DATA), "permerror", "the name has no such record"),
        (Reply(seen.SERVFAIL), "temperror", r"nobody knows the key: .*\(SERVFAIL\)"),
        (Reply(seen.TIMEOUT), "temperror", r"nobody knows the key: .*\(time-out\)"),
        ("v=DKIM1; p=", "permerror", "revoked"),
        ("v=DKIM1; k=rsa", "permerror", "no DKIM key"),
        ("v=DKIM2; p=AAAA", "permerror", "no DKIM key"),
        ("v=spf1 -all", "permerror", "no DKIM key"),
        ("", "permerror", "no DKIM key"),
        (key_record(Key()), "fail", "not what was signed"),
        (key_record(tags="v=DKIM1; k=ed25519; "), "permerror", "the key is for 'ed25519'"),
        (key_record(tags="v=DKIM1; h=sha1; "), "permerror", "not for SHA-256"),
        (key_record(tags="v=DKIM1; h=sha1:sha256; s=*:x; "), "pass", "right"),
        (key_record(tags="v=DKIM1; s=tlsrpt; "), "permerror", "not for mail"),
        (key_record(tags="v=DKIM1; t=s; "), "pass", "right"),
        (key_record(tags="v=DKIM1; t=y; "), "pass", "only tested"),
        ("v=DKIM1; p=!!!", "permerror", "cannot be used"),
        ("v=DKIM1; p=AAAA", "permerror", "cannot be used"),
        ("v=DKIM1; p=" + "A" * 60_000, "permerror", "longer than any"),
        ("v=DKIM1; n=\udcff; " + f"p={KEY.public}", "pass", "right"),
        ([key_record(), "v=DKIM1; p="], "permerror", "2 records"),
        (";" * 65_000, "permerror", "no DKIM key"),
    ],
)
def test_what_the_key_record_says_counts(record: str | list[str] | Reply | None, result: str, words: str) -> None:
    found, _total = verify(signed(), Texts({} if record is None else {"s1._domainkey.example.com": record}))
    assert found[0].result == result
    assert re.search(words, found[0].message), found[0].message


def test_a_small_key_proves_nothing() -> None:
    # RFC 8301, section 3.2. OpenSSL makes none that is smaller, so that dkimpy is told to want more.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signatures, "_KEY_BITS", 1025)
        found = one(signed())
    assert found.result == "permerror"
    assert "too small" in found.message


def test_a_strict_key_is_for_the_domain_itself() -> None:
    keys = {"s1._domainkey.example.com": key_record(tags="t=s; ")}
    found = one(signed(identity=b"alice@sub.example.com"), keys)
    assert found.result == "permerror"
    assert "for example.com alone" in found.message


def test_sha_1_and_fields_that_are_missing_are_told() -> None:
    assert "SHA-1" in one(signed(signature_algorithm=b"rsa-sha1")).message
    base = signed()
    assert "no bh=" in one(base.replace(b" bh=", b" xx=")).message
    assert "From is not signed" in one(base.replace(b"h=from :", b"h=to :").replace(b": from", b": to")).message
    assert one(base.replace(b"a=rsa-sha256", b"a=rsa-sha512")).result == "neutral"
    assert "names no domain" in one(base.replace(b"d=example.com", b"d=-")).message
    assert "no selector" in one(base.replace(b"s=s1;", b"s=s 1;")).message
    assert one(base.replace(b"v=1;", b"v=9;")).result == "permerror"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"v",
        b"=;=;=",
        b"v=1; v=1",
        b"\xff\xfe\x00",
        b"v=1; a=rsa-sha256; b=!!!!; bh=AAAA; d=example.com; h=from; s=s1",
        b"v=1; a=rsa-sha256; b=A; bh=A; d=example.com; h=from; s=s1",
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=\xc3\xa9.example; h=from; s=s1",
        b"v=1; a=ed25519-sha256; b=AAAA; bh=AAAA; d=example.com; h=from; s=ed",
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.com; h=from; s=s1; l=" + b"9" * 70,
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.com; h=from; s=s1; c=x/y/z",
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.com; h=from; s=s1; t=x",
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.com; h=from; s=s1; x=1",
        b"v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.com; s=s1; h=" + b"from:" * 700,
        b"v=1; b" + b" " * 3500 + b"=A",
        b"v=1; b" + b"\r\n " * 1200 + b"=A",
        b"v=1; a=rsa-sha256; bh=AAAA; d=example.com; h=from" + b" " * 3500 + b"; s=s1; b=AAAA",
        b"v=1; a=rsa-sha256; bh=AAAA; d=example.com; h=from; s=s1; b=" + b"AAAA " * 700,
        b"v=1; a=rsa-sha256; bh=AAAA; d=example.com; h=from; s=s1; b=" + b"A" * 200_000,
    ],
    ids=range(19),
)
def test_a_hostile_signature_gets_a_verdict_soon(value: bytes) -> None:
    keys = KEYS | {"ed._domainkey.example.com": "v=DKIM1; k=ed25519; p=AAAA"}
    began = time.monotonic()
    found = one(b"DKIM-Signature: " + value + b"\r\n" + PLAIN, dict(keys))
    assert found.result in ("neutral", "permerror", "fail")
    assert found.message
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("fold", [b"\r\n ", b"\r\n\t\t\t", b" "])
def test_folds_around_a_tag_take_no_long_time(fold: bytes) -> None:
    # dkimpy looks for b= with a pattern that goes back and forth over them, once the body is right.
    evil = b"b" + fold * (3600 // len(fold)) + b"x=1"
    head = (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; h=from;"
        b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA; " + evil + b"\r\n"
    )
    began = time.monotonic()
    found, _total = verify(head * 3 + RFC_8463[RFC_8463.index(b"From:") :], Texts(KEYS))
    assert {(each.result, each.message) for each in found} == {
        ("fail", "the signed fields or the signature are not what was signed")
    }
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("record", "signature"),
    [
        ("v=DKIM1; k=ed25519; p=AAAA", "AAAA"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "AAAA"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo", "AAAA" * 40),
        ("v=DKIM1; k=ed25519; p=\udcff", "AAAA"),
    ],
)
def test_a_broken_ed25519_key_or_signature_gets_a_verdict(record: str, signature: str) -> None:
    # The body hash of RFC 8463's example, so that the signature itself is looked at.
    message = RFC_8463[RFC_8463.index(b"From:") :]
    head = (
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; h=from;"
        f" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b={signature}\r\n"
    )
    found = one(head.encode() + message, {"ed._domainkey.example.com": record})
    assert found.result in ("neutral", "permerror", "fail")


def test_of_thousands_of_signatures_ten_are_judged() -> None:
    line = signed()[: -len(PLAIN)]
    began = time.monotonic()
    found, total = verify(line * 600 + PLAIN, Texts(KEYS))
    assert len(found) == 10
    assert total == 600
    assert {each.result for each in found} == {"pass"}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"X: y\r\n" * 60_000 + signed(), ""),
        (signed() + b"\r\n" * 3 + b"x" * (11 * 1024 * 1024), "more than 10485760 bytes"),
        (signed() + b" " * 1_000_000 + b"x", "more blanks"),
        (signed().replace(b"Subject", b"a bad line\r\nSubject"), "no header"),
        (b" begin\r\n" + signed(), "rest of a field"),
        (signed().replace(b"Subject: a", b"Subject: " + b"a\r\n " * 100_000), "longer than"),
    ],
    ids=["fields", "size", "blanks", "line", "begin", "folds"],
)
def test_a_hostile_message_gets_a_verdict_soon(message: bytes, words: str) -> None:
    began = time.monotonic()
    found, total = verify(message, Texts(KEYS))
    assert time.monotonic() - began < 5
    if not words:
        assert (found, total) == ([], 0)
    else:
        assert [each.result for each in found] == ["neutral"]
        assert words in found[0].message


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(PLAIN, Texts({})) == ([], 0)
    monkeypatch.setitem(sys.modules, "dkim", None)
    with pytest.raises(Unavailable, match="install python3-dkim"):
        verify(signed(), Texts(KEYS))


def _near(domain: str) -> bool:
    return domain == "example.com"


def verdict(message: bytes, keys: dict[str, str | list[str] | Reply]) -> dict[str, object]:
    return dkim_check(*verify(message, Texts(keys)), "example.com", _near).shown()


def test_a_right_and_aligned_signature_is_a_success() -> None:
    found = verdict(signed(), dict(KEYS))
    assert (found["status"], found["result"], found["aligned"]) == (SUCCESS, "pass", True)
    assert found["record"] == key_record()
    assert found["message"] == "The signature of example.com with s1 (rsa-sha256) is right and aligned with example.com"
    assert found["warnings"] == []


def test_a_right_signature_of_another_domain_is_a_warning() -> None:
    found = verdict(signed(domain="example.org"), {"s1._domainkey.example.org": key_record()})
    assert (found["status"], found["result"], found["aligned"]) == (WARNING, "pass", False)
    assert found["message"] == "The signature of example.org is right, but not aligned with example.com"


def test_a_key_in_test_mode_is_a_warning_and_counts_not() -> None:
    found = verdict(signed(), {"s1._domainkey.example.com": key_record(tags="t=y; ")})
    assert (found["status"], found["aligned"]) == (WARNING, False)
    assert "t=y" in str(found["message"])


def test_no_right_signature_is_an_error_and_an_unasked_key_is_unknown() -> None:
    assert verdict(PLAIN, {})["message"] == "The message has no DKIM signature"
    assert (verdict(PLAIN, {})["status"], verdict(PLAIN, {})["result"]) == (ERROR, "none")
    assert verdict(signed(), {})["status"] == ERROR
    found = verdict(signed(), {"s1._domainkey.example.com": Reply(seen.TIMEOUT)})
    assert (found["status"], found["result"]) == (UNKNOWN, "temperror")


def test_a_wrong_signature_beside_a_right_one_is_told() -> None:
    found = verdict(signed(signed(), selector="old"), dict(KEYS))
    assert found["status"] == SUCCESS
    assert found["warnings"] == [
        "old of example.com: there is no key: TXT of old._domainkey.example.com: there is no such name (NXDOMAIN)"
    ]
