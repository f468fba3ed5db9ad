# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check dane: every verdict of its document, with certificates of an authority of the tests."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from lookups import Entry, Table
from probed.certificates import Authority

from ansible_collections.mailwright.mail.plugins.module_utils.checks.dane import check_dane
from ansible_collections.mailwright.mail.plugins.module_utils.checks.issuers import objection
from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import Check
from ansible_collections.mailwright.mail.plugins.module_utils.checks.tlsa import parse_tlsa, spki
from ansible_collections.mailwright.mail.plugins.module_utils.checks.world import Presented, World
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen
from ansible_collections.mailwright.mail.plugins.module_utils.dns.reply import FOUND, Reply

HOST = "mx1.example.net"
OWNER = f"_25._tcp.{HOST}"


def der(path: Path) -> bytes:
    return subprocess.run(["openssl", "x509", "-in", path, "-outform", "der"], capture_output=True, check=True).stdout


def openssl_spki(certificate: bytes) -> bytes:
    """Return what another program says the key of a certificate is."""
    pem = subprocess.run(
        ["openssl", "x509", "-inform", "der", "-noout", "-pubkey"], input=certificate, capture_output=True, check=True
    ).stdout
    return subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, capture_output=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own(authority: Authority) -> bytes:
    return der(authority.certificate(HOST))


@pytest.fixture(scope="module")
def issuer(authority: Authority) -> bytes:
    return der(authority.ca_file)


def presented(*chain: bytes) -> Presented:
    own_key = hashlib.sha256(openssl_spki(chain[0])).hexdigest()
    return Presented(chain, (), own_key, hashlib.sha256(chain[0]).hexdigest())


def check(
    tlsa: Entry | None,
    shown: Presented,
    *,
    secure: bool = True,
    expected: tuple[str, ...] = (),
    more: dict[str, Entry] | None = None,
) -> Check:
    records: dict[str, Entry] = {"example.com MX": [f"10 {HOST}."], f"{HOST} A": ["192.0.2.1"], **(more or {})}
    if tlsa is not None:
        records[f"{OWNER} TLSA"] = tlsa
    wanted = {(OWNER, "TLSA"): expected} if expected else {}
    asked: list[tuple[str, int]] = []

    def present(host: str, port: int) -> Presented:
        asked.append((host, port))
        return shown

    found = check_dane("example.com", World(Table(records, secure=secure), wanted, present=present))
    assert set(asked) <= {(HOST, 25)}
    return found


def test_every_selector_and_matching_type(own: bytes) -> None:
    selected = {0: own, 1: openssl_spki(own)}
    for selector, data in selected.items():
        texts = {0: data.hex(), 1: hashlib.sha256(data).hexdigest(), 2: hashlib.sha512(data).hexdigest()}
        for matching, text in texts.items():
            found = check([f"3 {selector} {matching} {text}"], presented(own))
            assert found.status == "success", found.message
            (host,) = found.shown()["hosts"]
            assert host["host"] == HOST
            assert host["secure"] is True
            assert len(host["matched"]) == 1
            wrong = check([f"3 {selector} {matching} {'00' + text[2:]}"], presented(own))
            assert wrong.status == "error"
            assert len(str(wrong.shown())) < 5000


def test_a_mismatch_names_both_sides(own: bytes) -> None:
    other = "3 1 1 " + "ab" * 32
    found = check([other], presented(own))
    assert (found.status, found.record) == ("error", f"{OWNER} TLSA {other}")
    assert other in found.message
    assert f"3 1 1 {hashlib.sha256(openssl_spki(own)).hexdigest()}" in found.message


def key(own: bytes) -> str:
    return f"3 1 1 {hashlib.sha256(openssl_spki(own)).hexdigest()}"


def test_usage_2_by_the_chain(own: bytes, issuer: bytes) -> None:
    record = f"2 1 1 {hashlib.sha256(openssl_spki(issuer)).hexdigest()}"
    assert check([record], presented(own, issuer)).status == "success"
    # The issuer has to be presented (RFC 7672, section 3.1.2), and its key is not that of the server.
    for shown in (presented(own), presented(issuer, issuer)):
        assert check([record], shown).status == "error"


def test_usage_2_wants_name_dates_and_signatures(authority: Authority, issuer: bytes, tmp_path: Path) -> None:
    record = f"2 0 1 {hashlib.sha256(issuer).hexdigest()}"
    wrong = {
        der(authority.certificate("other.example.net")): "have not mx1.example.net or example.com",
        der(authority.certificate(HOST, begins=-5, days=-2)): "has expired",
        der(authority.certificate(HOST, begins=2)): "is not valid before",
        der(authority.certificate(HOST, trusted=False)): "does not come from that issuer",
        der(Authority(tmp_path).certificate(HOST)): "does not come from that issuer",
    }
    for certificate, told in wrong.items():
        found = check([record], presented(certificate, issuer))
        assert (found.status, told in found.message) == ("error", True), found.message
        # Usage 3 looks at none of that (section 3.1.1).
        assert check([key(certificate)], presented(certificate, issuer)).status == "success"
    assert check([record], presented(der(authority.certificate("*.example.net")), issuer)).status == "success"


def test_an_issuer_behind_others_and_out_of_order(own: bytes, issuer: bytes, authority: Authority) -> None:
    stranger = der(authority.certificate("stranger.example"))
    assert objection((own, stranger, issuer), 2, (HOST,)) == ""
    assert "does not come from that issuer" in objection((own, stranger, issuer), 1, (HOST,))
    assert "cannot be read" in objection((b"\x30\x00", issuer), 1, (HOST,))


def test_a_python_that_does_not_show_the_chain(own: bytes, issuer: bytes) -> None:
    record = f"2 1 1 {hashlib.sha256(openssl_spki(issuer)).hexdigest()}"
    shown = Presented((own,), (), "", "", whole=False)
    found = check([record], shown)
    assert (found.status, "this Python does not show the chain" in found.message) == ("unknown", True)


@pytest.mark.parametrize("usage", [0, 1, 4])
def test_usages_that_smtp_has_not(own: bytes, usage: int) -> None:
    useless = f"{usage} 1 1 {hashlib.sha256(openssl_spki(own)).hexdigest()}"
    alone = check([useless], presented(own))
    assert alone.status == "error"
    assert alone.message == f"None of the TLSA records of {HOST} can be used for SMTP"
    beside = check([useless, key(own)], presented(own))
    assert beside.status == "warning"
    assert f"usage {usage} is not for SMTP" in beside.message


@pytest.mark.parametrize(
    "value", ["", "3", "3 1", "3 1 1", "3 1 1 zz", "3 1 1 abcd", "3 2 1 ab", "3 1 9 ab", "\udcff x"]
)
def test_records_that_are_none(own: bytes, value: str) -> None:
    assert parse_tlsa(value).unusable
    assert check([value], presented(own)).status == "error"


def test_without_dnssec(own: bytes) -> None:
    unsigned = check(None, presented(own), secure=False)
    assert unsigned.status == "success"
    assert "DANE is not used" in unsigned.message
    assert unsigned.info == (f"No TLSA records at {OWNER}; they would need signed zones",)
    ignored = check([key(own)], presented(own), secure=False)
    assert (ignored.status, ignored.shown()["hosts"][0]["secure"]) == ("warning", False)
    assert "are not validated" in ignored.message
    assert check(None, presented(own), secure=True).status == "warning"


def test_an_unsigned_way_to_signed_records(own: bytes) -> None:
    for name, told in (("example.com MX", "the MX records that lead to it"), (f"{HOST} A", f"The addresses of {HOST}")):
        value = f"10 {HOST}." if name.endswith("MX") else "192.0.2.1"
        found = check([key(own)], presented(own), more={name: Reply(FOUND, (value,))})
        assert (found.status, told in found.message) == ("warning", True), found.message


@pytest.mark.parametrize(
    ("reply", "status", "told"),
    [
        (Reply(seen.SERVFAIL, bogus=True), "error", "does not validate"),
        (seen.SERVFAIL, "unknown", "SERVFAIL"),
        (seen.TIMEOUT, "unknown", "time-out"),
    ],
)
def test_questions_that_fail(own: bytes, reply: Entry, status: str, told: str) -> None:
    found = check(reply, presented(own))
    assert (found.status, told in found.message) == (status, True)
    at_mx = check([key(own)], presented(own), more={"example.com MX": reply})
    assert (at_mx.status, told in at_mx.message) == (status, True)


def test_a_server_that_shows_nothing(own: bytes) -> None:
    silent = check([key(own)], Presented(problem="no answer", reached=False))
    assert (silent.status, silent.message) == ("unknown", f"What {HOST} presents is not known: no answer")
    plain = check([key(own)], Presented(problem="it offers no STARTTLS"))
    assert (plain.status, "presents no certificate: it offers no STARTTLS" in plain.message) == ("error", True)


def test_rollover_is_told(own: bytes, issuer: bytes) -> None:
    coming, above = "3 1 1 " + "cd" * 32, f"2 1 1 {hashlib.sha256(openssl_spki(issuer)).hexdigest()}"
    two = check([coming, key(own)], presented(own, issuer))
    assert (two.status, two.info) == (
        "success", (f"1 more of the TLSA records of {HOST} (usage 3) may stand for keys to come",),
    )  # fmt: skip
    both = check([above, key(own)], presented(own, issuer))
    assert (both.status, both.info) == (
        "success", (f"{HOST} is named by its own key and by its issuer's (3 and 2): either may change",),
    )  # fmt: skip


def test_what_is_expected(own: bytes) -> None:
    coming = "3 1 1 " + "cd" * 32
    assert check([key(own), coming], presented(own), expected=(key(own),)).shown()["hosts"][0]["match"] is True
    missing = check([key(own)], presented(own), expected=(key(own), coming))
    assert missing.status == "error"
    assert coming in missing.message and key(own) in missing.message
    nothing = check(None, presented(own), expected=(coming,))
    assert (nothing.status, "found nothing" in nothing.message) == ("error", True)
    unsigned = check(None, presented(own), expected=(coming,), secure=False)
    assert unsigned.status == "error"


def test_several_hosts(own: bytes) -> None:
    more: dict[str, Entry] = {"example.com MX": [f"10 {HOST}.", "20 mx2.example.net.", "10 ."]}
    more["_25._tcp.mx2.example.net TLSA"] = Reply(FOUND, ("3 1 1 " + "ab" * 32,))
    found = check([key(own)], presented(own), more=more)
    assert [host["status"] for host in found.shown()["hosts"]] == ["success", "warning"]
    assert (found.status, "_25._tcp.mx2.example.net" in found.message) == ("warning", True)


def test_no_mail_and_no_mx(own: bytes) -> None:
    null = check(None, presented(own), more={"example.com MX": ["0 ."]})
    assert (null.status, null.message) == ("success", "example.com takes no mail (null MX)")
    itself = check_dane("example.com", World(Table({"example.com A": ["192.0.2.1"]})))
    assert itself.shown()["hosts"][0]["host"] == "example.com"


def test_thousands_of_hosts_and_records() -> None:
    many = [f"{number} mx{number}.example.net." for number in range(3000)]
    table = Table({"example.com MX": many})
    found = check_dane("example.com", World(table))
    assert len(table.asked) < 100
    assert "3000 MX records" in found.message
    long = check(["3 0 0 " + "ab" * 20000] * 3000, Presented((b"no certificate",)))
    assert long.status == "error"
    assert len(str(long.shown())) < 100_000


def test_keys_are_read_as_openssl_does(own: bytes, issuer: bytes) -> None:
    for certificate in (own, issuer):
        assert spki(certificate) == openssl_spki(certificate)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 5, 20, 100, 200])
def test_certificates_that_are_none(own: bytes, cut: int) -> None:
    with pytest.raises(ValueError):
        spki(own[:cut])
    for junk in (b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00", b"\x30\x02\x30\x00", b"\xff" * 50):
        with pytest.raises(ValueError):
            spki(junk)
