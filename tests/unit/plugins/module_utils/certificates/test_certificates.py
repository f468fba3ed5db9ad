# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in a temporary directory, through their four runs, judged by openssl."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tls.bed import HOST, Bed, days, four_runs, openssl

from ansible_collections.mailwright.mail.plugins.module_utils.certificates import call as call_module
from ansible_collections.mailwright.mail.plugins.module_utils.certificates import place
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def test_present_and_absent(bed: Bed) -> None:
    done = four_runs(
        bed, lambda check: bed.call(check=check, alt_names=["imap.example.net", "*.example.org", "192.0.2.1"])
    )
    bed.judge(HOST, "imap.example.net", "x.example.org", "192.0.2.1")
    assert done.returns["spki_sha256"] == bed.spki()
    assert done.returns["not_after"] == days(365).strftime("%Y-%m-%dT%H:%M:%SZ")
    modes = {name: node[0][-3:] for name, node in bed.snapshot().items() if node[0].startswith("0o100")}
    assert {Path(name).name: mode for name, mode in modes.items()} == {
        "fullchain.pem": "644", "privkey.pem": "600", "ca.pem": "644", "ca.key": "600", "owned.json": "600",
    }  # fmt: skip
    four_runs(bed, lambda check: bed.call(check=check, state="absent"))
    assert list(bed.tls.iterdir()) == []
    assert [path.name for path in (bed.top / "lib/archive/tls").iterdir()] == [
        f"{HOST}.{done.returns['spki_sha256'][:16]}"
    ]
    assert json.loads((bed.top / "lib/owned.json").read_text())["owned"] == {}
    assert bed.authority.exists()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ecdsa-p256", "P-256"), ("ecdsa-p384", "P-384"), ("rsa-2048", "2048 bit"), ("rsa-3072", "3072 bit")],
)
def test_key_types(bed: Bed, kind: str, text: str) -> None:
    bed.call(key_type=kind)
    bed.judge()
    assert text in openssl("x509", "-in", str(bed.pair / place.CHAIN), "-noout", "-text")


def test_renewal_ahead_of_the_end_keeps_the_key(bed: Bed) -> None:
    first = bed.call()
    assert not bed.call(now=days(334)).plan.changed
    done = four_runs(bed, lambda check: bed.call(check=check, now=days(336)))
    bed.judge(at=days(400))
    assert done.returns["spki_sha256"] == first.returns["spki_sha256"] == bed.spki()
    assert done.returns["not_after"] == days(336 + 365).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert not (bed.top / "lib/archive").exists()


def test_the_authority_is_made_again_in_time_for_the_same_key(bed: Bed) -> None:
    bed.call()
    old = bed.authority.read_bytes()
    done = four_runs(bed, lambda check: bed.call(check=check, now=days(3650 - 300)))
    assert [change.kind for change in done.plan.changes] == ["ca", "certificate"]
    bed.judge(at=days(3650 + 60))
    assert bed.authority.read_bytes() != old
    # A client that trusts the former CA certificate is served until that one ends.
    bed.authority.write_bytes(old)
    bed.judge(at=days(3650 - 10))


def test_other_names_get_a_new_certificate_for_the_same_key(bed: Bed) -> None:
    first = bed.call(alt_names=["old.example.net"])
    done = four_runs(bed, lambda check: bed.call(check=check, alt_names=["new.example.net"]))
    bed.judge(HOST, "new.example.net")
    assert "old" not in openssl("x509", "-in", str(bed.pair / place.CHAIN), "-noout", "-text")
    assert first.returns["spki_sha256"] == done.returns["spki_sha256"]


def test_another_key_type_gets_a_new_key_and_archives_the_old(bed: Bed) -> None:
    first = bed.call()
    done = four_runs(bed, lambda check: bed.call(check=check, key_type="rsa-2048"))
    bed.judge()
    assert first.returns["spki_sha256"] != done.returns["spki_sha256"]
    archive = bed.top / "lib/archive/tls"
    assert oct(archive.stat().st_mode)[-3:] == "700"
    assert [path.name for path in archive.iterdir()] == [f"{HOST}.{first.returns['spki_sha256'][:16]}"]


def test_another_authority(bed: Bed) -> None:
    bed.call()
    bed.authority.unlink()
    (bed.top / "ca/ca.key").unlink()
    four_runs(bed, lambda check: bed.call(check=check))
    bed.judge()


def test_a_lost_authority_key_is_an_error(bed: Bed) -> None:
    bed.call()
    (bed.top / "ca/ca.key").unlink()
    with pytest.raises(Conflict, match=r"ca\.pem is there and its key .*ca\.key is not"):
        bed.call()


def test_an_authority_that_does_not_match_its_key(bed: Bed) -> None:
    bed.call()
    bed.make_pair("ca.example.net")
    (bed.top / "ca/ca.key").write_bytes((bed.top / "ca.example.net.key").read_bytes())
    with pytest.raises(Conflict, match="does not match its key"):
        bed.call()


def test_a_long_name_has_no_common_name(bed: Bed) -> None:
    long = ".".join(["a" * 60] * 3) + ".example"
    bed.call(name=long)
    bed.pair = bed.tls / long
    bed.judge(long)


@pytest.mark.parametrize("damage", ["mode", "chain", "no chain", "no key", "authority mode"])
def test_damage_is_repaired(bed: Bed, damage: str) -> None:
    bed.call()
    match damage:
        case "mode":
            (bed.pair / place.KEY).chmod(0o644)
        case "chain":
            (bed.pair / place.CHAIN).write_text("nothing\n")
        case "no chain":
            (bed.pair / place.CHAIN).unlink()
        case "no key":
            (bed.pair / place.KEY).unlink()
        case "authority mode":
            (bed.top / "ca/ca.key").chmod(0o640)
    four_runs(bed, lambda check: bed.call(check=check))
    bed.judge()
    assert oct((bed.pair / place.KEY).stat().st_mode)[-3:] == "600"
    assert oct((bed.top / "ca/ca.key").stat().st_mode)[-3:] == "600"


def test_a_key_that_cannot_be_read_is_not_replaced(bed: Bed) -> None:
    bed.call()
    (bed.pair / place.KEY).write_text("-----BEGIN PRIVATE KEY-----\ndamaged\n-----END PRIVATE KEY-----\n")
    with pytest.raises(InvalidValue, match=r"privkey\.pem.* is no private key that can be read"):
        bed.call()


def test_provided(bed: Bed) -> None:
    given = bed.make_pair()
    done = four_runs(bed, lambda check: bed.call(check=check, **given))
    assert (bed.pair / place.CHAIN).read_text().split() == Path(given["certificate"]).read_text().split()
    assert done.returns["spki_sha256"] == bed.spki()
    assert done.returns["ca"] is None
    assert not bed.authority.exists()
    renewed = bed.make_pair(end=200)
    four_runs(bed, lambda check: bed.call(check=check, **renewed))
    assert bed.call(check=True, now=days(180), **renewed).warnings


def test_from_provided_to_the_own_authority_and_back(bed: Bed) -> None:
    given = bed.make_pair()
    key = bed.call(**given).returns["spki_sha256"]
    own = four_runs(bed, lambda check: bed.call(check=check))
    bed.judge()
    assert own.returns["spki_sha256"] == key
    four_runs(bed, lambda check: bed.call(check=check, **given))


@pytest.mark.parametrize("check", [True, False])
def test_bad_provided_files_change_nothing(bed: Bed, check: bool) -> None:
    bed.call()
    good, other = bed.make_pair(), bed.make_pair("other.example.net")
    expired = bed.make_pair("expired.example.net", -20, -10)
    early = bed.make_pair("early.example.net", 10, 20)
    (bed.top / "locked.key").write_text(
        openssl("ec", "-in", good["private_key"], "-aes256", "-passout", "pass:secret-phrase")
    )
    both = bed.top / "both.pem"
    both.write_text(Path(other["certificate"]).read_text() + Path(good["certificate"]).read_text())
    wrong_chain = bed.top / "wrong-chain.pem"
    wrong_chain.write_text(Path(good["certificate"]).read_text() + Path(other["certificate"]).read_text())
    empty = bed.top / "empty.pem"
    empty.write_text("")
    before = bed.snapshot()
    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (
            Conflict,
            rf"other\.example\.net\.pem .*does not match the private key .*{HOST}\.key",
            {**good, "certificate": other["certificate"]},
        ),
        (Conflict, r"expired\.example\.net\.pem .*expired on 20", {**expired, "name": "expired.example.net"}),
        (Conflict, r"early\.example\.net\.pem .*valid only from 20", {**early, "name": "early.example.net"}),
        (Conflict, "does not cover DNS:mx1", other),
        (Conflict, "does not cover DNS:imap", {**good, "alt_names": ["imap.example.net"]}),
        (Conflict, r"is number 2 in .*both\.pem", {**good, "certificate": str(both)}),
        (Conflict, "must be followed by its issuer's", {**good, "certificate": str(wrong_chain)}),
        (InvalidValue, "encrypted with a passphrase", {**good, "private_key": str(bed.top / "locked.key")}),
        (InvalidValue, "holds no certificate", {**good, "certificate": str(empty)}),
        (InvalidValue, "no private key that can be read", {**good, "private_key": str(empty)}),
        (InvalidValue, "is empty; source provided needs", {"source": "provided"}),
    ]  # fmt: skip
    for error, message, given in cases:
        with pytest.raises(error, match=message):
            bed.call(check=check, **given)
        assert bed.snapshot() == before


def test_the_longest_terms_are_taken(bed: Bed) -> None:
    four_runs(bed, lambda check: bed.call(check=check, valid_days=18_250, ca_valid_days=36_500))


@pytest.mark.parametrize(
    "issuer",
    [
        ["-algorithm", "RSA", "-sigopt", "rsa_padding_mode:pss"],
        ["-algorithm", "ED25519"],
        ["-algorithm", "ED448"],
        ["-algorithm", "RSA"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ],
)
def test_a_provided_chain_of_any_kind_of_issuer(bed: Bed, issuer: list[str]) -> None:
    given = bed.make_issued_pair(issuer)
    four_runs(bed, lambda check: bed.call(check=check, now=days(1), **given))
    # The same names, signed with another key.
    first, _old = Path(given["certificate"]).read_text().split("-----END CERTIFICATE-----\n", 1)
    bed.make_issued_pair(issuer)
    second = Path(given["certificate"]).read_text().split("-----END CERTIFICATE-----\n", 1)[1]
    mixed = bed.top / "mixed.pem"
    mixed.write_text(f"{first}-----END CERTIFICATE-----\n{second}")
    key = bed.top / "first.key"
    key.write_bytes((bed.pair / place.KEY).read_bytes())
    with pytest.raises(Conflict, match="must be followed by its issuer's"):
        bed.call(now=days(1), source="provided", certificate=str(mixed), private_key=str(key))


def test_a_certificate_with_the_same_extension_twice_is_told(bed: Bed) -> None:
    given = bed.make_pair()
    (bed.top / "conf").write_text(
        "[req]\ndistinguished_name=n\nx509_extensions=x\n[n]\n[x]\n1.2.3.4=ASN1:NULL\n1.2.3.5=ASN1:NULL\n"
    )
    der = bed.top / "der"
    openssl(
        "req", "-x509", "-config", str(bed.top / "conf"), "-key", given["private_key"], "-subj", "/CN=a",
        "-outform", "DER", "-out", str(der),
    )  # fmt: skip
    # No program makes such a thing: the second identifier becomes the first one's.
    der.write_bytes(der.read_bytes().replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04"))
    openssl("x509", "-inform", "DER", "-in", str(der), "-out", given["certificate"])
    with pytest.raises(InvalidValue, match=r"has a certificate \(number 1\) that cannot be read"):
        bed.call(**given)


def race(bed: Bed, monkeypatch: pytest.MonkeyPatch, other: Callable[[], Any], mine: Callable[[], Any]) -> None:
    """Carry ``other`` out while ``mine`` is between its plan and its first write."""
    real = call_module.locked

    def late(path: Path) -> Any:
        monkeypatch.setattr(call_module, "locked", real)
        other()
        return real(path)

    monkeypatch.setattr(call_module, "locked", late)
    mine()


@pytest.mark.parametrize("name", [HOST, "other.example.net"])
def test_two_first_runs_at_once_make_one_authority(bed: Bed, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(Conflict, match="changed during this run; run again"):
        race(bed, monkeypatch, lambda: bed.call(name=name), bed.call)
    bed.call()
    bed.judge()


def test_directories_are_for_everybody_and_the_archive_is_not_whatever_the_umask(bed: Bed) -> None:
    before = os.umask(0o027)
    try:
        bed.call()
        bed.call(state="absent")
    finally:
        os.umask(before)
    modes = {name: node[0][-3:] for name, node in bed.snapshot().items() if node[1] is None}
    assert (modes["ca"], modes["tls"], modes["lib"]) == ("755", "755", "755")
    assert (modes["lib/archive"], modes["lib/archive/tls"]) == ("700", "700")


def test_provided_files_that_are_not_there_yet(bed: Bed) -> None:
    given = {"source": "provided", "certificate": "/no/such.pem", "private_key": "/no/such.key"}
    with pytest.raises(Unavailable, match=r"/no/such\.pem does not exist"):
        bed.call(**given)
    call = bed.call(check=True, **given)
    assert call.plan.changed
    assert call.unchecked == [
        "the provided file /no/such.pem is not there yet",
        "the provided file /no/such.key is not there yet",
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"valid_days": 0}, "valid_days 0"),
        ({"valid_days": 4_000_000, "ca_valid_days": 8_000_000}, "give a number of days from 1 to 18250"),
        ({"ca_valid_days": 4_000_000}, "ca_valid_days 4000000: is too long; give at most 36500"),
        ({"alt_names": ["fe80::1%eth0"]}, "alt_names 'fe80::1%eth0': has a zone"),
        ({"renew_before_days": 365}, "renew_before_days 365"),
        ({"renew_before_days": -1}, "renew_before_days -1"),
        ({"ca_valid_days": 400}, "ca_valid_days 400"),
        ({"directory": "tls"}, "directory 'tls'"),
        ({"name": "a/b"}, "name 'a/b"),
    ],
)
def test_bad_options(bed: Bed, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        bed.call(**given)
    assert reason in str(caught.value)


def test_what_is_not_ours_is_left_alone(bed: Bed) -> None:
    bed.tls.mkdir()
    bed.pair.mkdir()
    with pytest.raises(Conflict, match="is not ours"):
        bed.call()
    bed.pair.rmdir()
    bed.pair.symlink_to("/etc")
    with pytest.raises(Conflict, match="symbolic link to /etc"):
        bed.call(state="absent")


def test_a_bare_host_in_check_mode_without_the_library(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise Unavailable(f"the Python library {name} is needed") from ImportError(name)

    with monkeypatch.context() as patch:
        patch.setattr("ansible_collections.mailwright.mail.plugins.module_utils.certificates.x509.need", missing)
        predicted = bed.call(check=True)
        assert predicted.unchecked == []
        provided = bed.call(check=True, **bed.make_pair())
        assert provided.plan.changed
        assert "is needed" in provided.unchecked[0]
        with pytest.raises(Unavailable, match="is needed"):
            bed.call()
    done = bed.call()
    assert [change.kind for change in predicted.plan.changes] == [change.kind for change in done.plan.changes]
    with monkeypatch.context() as patch:
        patch.setattr("ansible_collections.mailwright.mail.plugins.module_utils.certificates.x509.need", missing)
        later = bed.call(check=True)
        assert not later.plan.changed
        assert "is needed" in later.unchecked[0]


@pytest.mark.parametrize("count", range(8))
def test_a_killed_run_is_completed_by_the_next_and_no_pair_is_ever_mixed(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The run dies before its ``count``-th write; whatever the link then leads to is a pair that belongs together."""
    bed.call()
    left = count

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return real(*given, **named)

        return step

    with monkeypatch.context() as patch:
        for owner, name in (
            (call_module, "edit"), (place, "write_atomic"), (place, "sync_directory"), (place, "archive_pair"),
            (place.shutil, "move"), (Path, "replace"), (Path, "symlink_to"),
        ):  # fmt: skip
            patch.setattr(owner, name, dying(getattr(owner, name)))
        try:
            bed.call(key_type="rsa-2048")
        except KeyboardInterrupt:
            bed.judge()
    bed.call(key_type="rsa-2048")
    bed.judge()
    assert not bed.call(key_type="rsa-2048").plan.changed
    assert len(list(bed.tls.iterdir())) == 2
