# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check dkim: every verdict of its document, and the keys of the RFCs."""

from __future__ import annotations

import base64

import dkim as peer
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lookups import Entry, Table

from ansible_collections.mailwright.mail.plugins.module_utils.checks import dkim_key
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dkim import check_dkim
from ansible_collections.mailwright.mail.plugins.module_utils.checks.dkim_key import judge_key_record
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import World
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen

# RFC 6376, appendix C, and RFC 8463, appendix A.2.
RFC_6376 = (
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ"
    "KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v"
    "/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
    "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)
RFC_8463 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def rsa_key(bits: int) -> str:
    """Return a public key as p= has it."""
    public = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY = rsa_key(2048)
GOOD = f"v=DKIM1; k=rsa; p={KEY}"
NAME = "dkim._domainkey.example.com"


def check(
    records: dict[str, Entry], expected: dict[str, str] | None = None, selectors: tuple[str, ...] = ("dkim",)
) -> Check:
    """Return the verdict on example.com with ``records`` by selector."""
    table = Table({f"{selector}._domainkey.example.com TXT": entry for selector, entry in records.items()})
    wanted = {(f"{name}._domainkey.example.com", "TXT"): (text,) for name, text in (expected or {}).items()}
    return check_dkim("example.com", World(table, wanted, selectors=selectors))


def test_a_right_key() -> None:
    found = check({"dkim": [GOOD]}, {"dkim": GOOD})
    assert (found.status, found.warnings, found.info, found.record) == ("success", (), (), GOOD)
    shown = found.shown()
    assert shown["selector"] == "dkim"
    assert shown["dkim_domain"] == NAME
    assert (shown["expected_record"], shown["actual_record"], shown["match"]) == (GOOD, GOOD, True)
    assert shown["parameters"] == {"v": "DKIM1", "k": "rsa", "p": KEY}
    assert [(key["selector"], key["status"]) for key in shown["keys"]] == [("dkim", "success")]


# The verdicts of the document, and those of the RFCs that it does not speak of.
@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        (f"v=DKIM1;k=rsa;t=y;p={KEY}", "error", "TESTING mode"),
        (f"v=DKIM1;k=rsa;t=s:y;p={KEY}", "error", "TESTING mode"),
        (f"v=DKIM1;k=rsa;h=sha1;p={KEY}", "warning", "SHA-1"),
        (f"v=DKIM1;k=rsa;t=s;h=sha1;p={KEY}", "warning", "SHA-1"),
        (f"v=DKIM1;k=rsa;h=md5;p={KEY}", "error", "no hash that is known"),
        ("v=DKIM1;k=rsa;p=", "error", "revoked"),
        ("v=DKIM1;k=rsa;p= ", "error", "revoked"),
        (f"v=DKIM1;k=foo;p={KEY}", "warning", "k='foo'"),
        ("v=DKIM1; k=rsa", "error", "no p="),
        (f"k=rsa; v=DKIM1; p={KEY}", "error", "elsewhere than at its beginning"),
        (f"v=DKIM2; p={KEY}", "error", "v='DKIM2'"),
        (f"v=dkim1; p={KEY}", "error", "v='dkim1'"),
        (f"v=DKIM1; s=tlsrpt; p={KEY}", "error", "not for e-mail"),
        ("v=DKIM1; p=A*B", "error", "not Base64"),
        ("v=DKIM1; p=ABC", "error", "not Base64"),
        ("v=DKIM1; p=" + base64.b64encode(b"rubbish").decode(), "error", "cannot be read"),
        (f"v=DKIM1; p={KEY}; p={KEY}", "error", "p= is there twice"),
        ("some words", "error", "malformed"),
        (RFC_6376, "warning", "1024 bits"),
        (RFC_8463.replace("11qY", ""), "error", "has 29 bytes"),
        (f"v=DKIM1; k=ed25519; p={KEY}", "error", "32 bytes of the public key alone"),
    ],
)
def test_verdicts(text: str, status: str, words: str) -> None:
    verdict = judge_key_record(text)
    assert verdict.status == status
    assert words in verdict.message
    assert verdict.message in verdict.warnings
    found = check({"dkim": [text]})
    assert (found.status, found.message) == (status, verdict.message)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"p={KEY}",
        f"v=DKIM1; x=unknown; n=a note; g=*; p={KEY}",
        f"v=DKIM1; s=*; p={KEY}",
        f"v=DKIM1; s=other:email; h=sha256; p={KEY}",
        f"v=DKIM1; k=rsa; p={KEY[:80]} {KEY[80:]};",
        RFC_8463,
    ],
)
def test_right_keys(text: str) -> None:
    assert judge_key_record(text).status == "success"
    assert judge_key_record(text).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"p={KEY}",
        f"v=DKIM1; k=rsa; p={KEY[:80]} {KEY[80:]};",
        f"v=DKIM1; s=email; x=y; p={KEY}",
        RFC_6376,
        RFC_8463,
    ],
)
def test_another_verifier_reads_the_same_key(text: str) -> None:
    _key, bits, algorithm, _reports = peer.evaluate_pk("name", text)
    verdict = judge_key_record(text)
    assert verdict.algorithm == algorithm.decode()
    assert (verdict.bits or 256) == bits


@pytest.mark.parametrize(
    "text",
    [
        "some words",
        "v=DKIM1; k=rsa",
        f"v=DKIM2; p={KEY}",
        f"v=DKIM1; p={KEY}; p={KEY}",
        "v=DKIM1; p=" + base64.b64encode(b"rubbish").decode(),
        RFC_8463.replace("11qY", ""),
    ],
)
def test_another_verifier_takes_no_key_either(text: str) -> None:
    with pytest.raises(peer.KeyFormatError):
        peer.evaluate_pk("name", text)
    assert judge_key_record(text).status == "error"


def test_strict_mode_is_only_told() -> None:
    found = check({"dkim": [f"v=DKIM1;k=rsa;t=s;p={KEY}"]})
    assert (found.status, found.warnings) == ("success", ())
    assert "t=s" in found.info[0]
    both = judge_key_record(f"v=DKIM1;k=rsa;t=s;h=sha1;p={KEY}")
    assert (len(both.warnings), len(both.info)) == (1, 1)


def test_sha_1_beside_sha_256_is_only_told() -> None:
    verdict = judge_key_record(f"v=DKIM1; h=sha1:sha256; p={KEY}")
    assert (verdict.status, len(verdict.info)) == ("success", 1)


def test_what_is_known_of_a_key() -> None:
    verdict = judge_key_record(RFC_6376)
    assert (verdict.algorithm, verdict.bits, verdict.revoked) == ("rsa", 1024, False)
    verdict = judge_key_record(RFC_8463)
    assert (verdict.algorithm, verdict.bits) == ("ed25519", None)
    assert ed25519.Ed25519PublicKey.from_public_bytes(verdict.public)
    assert judge_key_record("p=").revoked
    assert not judge_key_record("v=DKIM1").revoked


def test_the_inner_form_of_an_rsa_key_is_taken_too() -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    content = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert judge_key_record(f"v=DKIM1; p={base64.b64encode(content).decode()}").bits == 2048


def test_a_short_key() -> None:
    # A key of 512 bits that openssl made; the library makes none so small.
    short = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAJ7qz3xvSrLjTiTa4UNDbvpwskTZlB33"
        "14m4YHFnR6Tjr5ZUVv3EJExt5IydLy9fvCnw3OCvXVvY6eUZ1eobwkMCAwEAAQ=="
    )
    verdict = judge_key_record(f"v=DKIM1; p={short}")
    assert verdict.status == "error"
    assert "512 bits" in verdict.message


def test_a_key_of_another_type() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    content = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verdict = judge_key_record(f"v=DKIM1; k=rsa; p={base64.b64encode(content).decode()}")
    assert verdict.message == "DKIM key is of another type than k=rsa says"


def test_without_the_library_sizes_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise Unavailable(f"no {name}")

    monkeypatch.setattr(dkim_key, "need", missing)
    verdict = judge_key_record(RFC_6376)
    assert (verdict.status, verdict.bits) == ("success", None)
    assert "not known" in verdict.info[0]
    assert judge_key_record(RFC_8463.replace("11qY", "")).status == "error"


def test_a_record_that_is_not_there() -> None:
    table = Table({"_domainkey.example.com TXT": ["x"]})
    found = check_dkim("example.com", World(table, {(NAME, "TXT"): (GOOD,)}))
    assert found.status == "error"
    assert "NXDOMAIN" in found.message
    assert GOOD[:100] in found.message
    assert (found.fields["match"], found.fields["expected_record"], found.record) == (False, GOOD, None)


@pytest.mark.parametrize("outcome", [seen.TIMEOUT, seen.SERVFAIL, "REFUSED"])
def test_a_question_without_an_answer(outcome: str) -> None:
    found = check({"dkim": outcome}, {"dkim": GOOD})
    assert (found.status, found.fields["match"]) == ("unknown", None)
    assert outcome in found.message


def test_another_record_than_expected() -> None:
    other = f"v=DKIM1; k=rsa; p={rsa_key(2048)}"
    found = check({"dkim": [other]}, {"dkim": GOOD})
    assert (found.status, found.fields["match"]) == ("error", False)
    assert KEY[:60] in found.message
    assert other[:60] in found.message


def test_white_space_and_order_do_not_matter() -> None:
    found = check({"dkim": [f"k=rsa;p={KEY[:100]} {KEY[100:]}"]}, {"dkim": f"p={KEY}; k=rsa;"})
    assert (found.status, found.fields["match"]) == ("success", True)


def test_several_records_at_one_name() -> None:
    found = check({"dkim": [GOOD, GOOD + ";"]})
    assert found.status == "error"
    assert "2 TXT records" in found.message
    many = check({"dkim": [f"{number}" for number in range(5000)]})
    assert "5000 TXT records" in many.message
    assert len(many.record or "") < 500


def test_the_worst_key_comes_first() -> None:
    found = check({"a": [GOOD], "b": [f"v=DKIM1; t=y; p={KEY}"], "c": [RFC_6376]}, {"c": RFC_6376}, ("a", "b"))
    assert (found.status, found.fields["selector"]) == ("error", "b")
    assert found.message.startswith("b: ")
    assert [(key["selector"], key["status"]) for key in found.fields["keys"]] == [
        ("c", "warning"),
        ("a", "success"),
        ("b", "error"),
    ]
    assert [text[:3] for text in found.warnings] == ["c: ", "b: "]


def test_a_revoked_key_is_no_fault_beside_one_in_use() -> None:
    revoked = "v=DKIM1; k=rsa; p="
    found = check({"old": [revoked], "new": [GOOD]}, {"old": revoked, "new": GOOD}, ())
    assert found.status == "success"
    assert "revoked" in found.info[0]
    # Alone, or not as expected, it is one.
    assert check({"old": [revoked]}, {"old": revoked}, ()).status == "error"
    assert check({"old": [revoked], "new": [GOOD]}, {"old": GOOD, "new": GOOD}, ()).status == "error"
    assert check({"old": [revoked], "new": [GOOD]}, {}, ("old", "new")).status == "error"


def test_no_selector() -> None:
    found = check({}, selectors=())
    assert (found.status, found.fields["keys"], found.fields["selector"]) == ("unknown", [], None)
    assert "dkim_selectors" in found.message
    assert "NXDOMAIN" in found.info[0]
    assert check({"x": [GOOD]}, selectors=()).info == ()


def test_a_server_that_hides_what_is_below() -> None:
    table = Table({f"{NAME} TXT": [GOOD], "_domainkey.example.com TXT": seen.NXDOMAIN})
    found = check_dkim("example.com", World(table, selectors=("dkim",)))
    assert found.status == "warning"
    assert "RFC 8020" in found.message


def test_a_huge_record() -> None:
    found = check({"dkim": ["v=DKIM1; p=" + "A" * 65000]})
    assert found.status == "error"
    assert sum(map(len, map(str, found.shown().values()))) < 40000
