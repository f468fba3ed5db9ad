# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The next key: made, published ahead, put in use once senders know it, and never lost; judged by openssl."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.processes import killed_at
from tls.bed import HOST, NOW, Bed, four_runs, openssl
from tls.published import Published

from ansible_collections.mailwright.mail.plugins.module_utils.certificates import next_key, place
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.call import Call
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.x509 import load_key
from ansible_collections.mailwright.mail.plugins.module_utils.core import clock
from ansible_collections.mailwright.mail.plugins.module_utils.core.clock import Moment
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dns import seen as words

TTL = 3600
RSA = {"key_type": "rsa-2048"}


class RolloverBed(Bed):
    """A host whose TLSA records are published by hand, with a clock of its own."""

    def __init__(self, top: Path) -> None:
        super().__init__(top)
        self.asker = self.dns = Published()
        self.seconds = 0

    @property
    def next_file(self) -> Path:
        return next_key.key_path(str(self.tls), HOST)

    @property
    def archive(self) -> Path:
        return self.top / "lib/archive/tls"

    def present(self) -> Moment:
        return Moment(int(NOW.timestamp()) + self.seconds, "boot", 100_000 + self.seconds)

    def run(self, *, check: bool = False, **given: Any) -> Call:
        return self.call(check=check, **{"tlsa_ports": [25], **given})

    def publish(self, call: Call, ttl: int = TTL) -> None:
        """Publish what the role dns would."""
        self.dns.show(call.returns["spki_sha256"], call.returns["next_spki_sha256"], ttl=ttl)

    def settled(self) -> Call:
        """Return the call after which the next key may be used: published, seen, and the TTL elapsed."""
        self.publish(self.run())
        found = self.run()
        self.seconds += TTL
        return found


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RolloverBed:
    made = RolloverBed(tmp_path)
    monkeypatch.setattr(clock, "present", made.present)
    return made


def spki(path: Path) -> str:
    command = ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    der = subprocess.run(command, capture_output=True, check=True).stdout
    return hashlib.sha256(der).hexdigest()


def archived(bed: RolloverBed) -> set[str]:
    """Return the hashes of the keys in the archive, and see that each is named by its own."""
    found = {path.name: spki(path / place.KEY) for path in bed.archive.iterdir()} if bed.archive.exists() else {}
    assert all(name == f"{HOST}.{value[:16]}" for name, value in found.items())
    return set(found.values())


def test_the_next_key_is_made_with_the_first(bed: RolloverBed) -> None:
    done = four_runs(bed, lambda check: bed.run(check=check))
    assert [change.kind for change in done.plan.changes] == ["ca", "certificate", "next key"]
    assert done.returns["spki_sha256"] == bed.spki()
    assert done.returns["next_spki_sha256"] == spki(bed.next_file) != bed.spki()
    assert done.returns["rollover"] is None
    assert oct(bed.next_file.stat().st_mode)[-3:] == "600"


def test_hosts_from_before_get_a_next_key_and_keep_theirs(bed: RolloverBed) -> None:
    first = bed.call()
    assert first.returns["next_spki_sha256"] is None
    done = four_runs(bed, lambda check: bed.run(check=check))
    assert [change.kind for change in done.plan.changes] == ["next key"]
    assert done.returns["spki_sha256"] == first.returns["spki_sha256"]


@pytest.mark.parametrize("why", ["another kind", "retired", "age"])
def test_a_key_is_replaced_once_senders_know_the_next_one(bed: RolloverBed, why: str) -> None:
    first = bed.run()
    bed.publish(first)
    given: dict[str, Any] = {"retired_keys": [first.returns["spki_sha256"].upper()]}
    if why == "another kind":
        given = RSA
    elif why == "age":
        given = {"key_max_age_days": 90}
        assert bed.run(**given).returns["rollover"] is None
        os.utime(bed.pair / place.KEY, (NOW.timestamp() - 91 * 86400,) * 2)
    waiting = bed.run(**given)
    bed.judge()
    assert waiting.returns["spki_sha256"] == first.returns["spki_sha256"] == bed.spki()
    assert "the next one has to wait" in waiting.warnings[0]
    following = waiting.returns["next_spki_sha256"]
    if why == "another kind":
        # It is not published yet, and the one that was is not of the wanted kind.
        assert "not every name server shows its TLSA record" in waiting.returns["rollover"]["waiting"]
        assert following not in (first.returns["next_spki_sha256"], None)
        assert archived(bed) == {first.returns["next_spki_sha256"]}
        bed.publish(waiting)
        bed.run(**given)
    else:
        assert following == first.returns["next_spki_sha256"]
    bed.seconds += TTL - 1
    again = bed.run(check=True, **given)
    assert not again.plan.changed
    assert "resolvers may still have" in again.returns["rollover"]["waiting"]
    bed.seconds += 1
    done = four_runs(bed, lambda check: bed.run(check=check, **given))
    bed.judge()
    assert [change.kind for change in done.plan.changes] == ["certificate", "next key"]
    assert done.returns["spki_sha256"] == following == bed.spki()
    assert done.returns["next_spki_sha256"] == spki(bed.next_file)
    assert done.returns["next_spki_sha256"] not in (following, first.returns["spki_sha256"])
    assert first.returns["spki_sha256"] in archived(bed)
    assert following not in archived(bed)
    bed.publish(done)
    assert not bed.run(**given).plan.changed


def test_a_renewal_keeps_both_keys(bed: RolloverBed) -> None:
    first = bed.settled()
    done = four_runs(bed, lambda check: bed.run(check=check, valid_days=400, renew_before_days=380))
    assert [change.kind for change in done.plan.changes][-1] == "certificate"
    for name in ("spki_sha256", "next_spki_sha256"):
        assert done.returns[name] == first.returns[name]


def test_it_waits_for_the_slowest_server_and_for_a_ttl_that_was(bed: RolloverBed) -> None:
    first = bed.run()
    # The records from before, with a long TTL, and then with a shorter one, first on one server.
    bed.dns.show(first.returns["spki_sha256"], ttl=86400)
    bed.run()
    bed.dns.servers[0].keys |= {first.returns["next_spki_sha256"]}
    given = {"retired_keys": [first.returns["spki_sha256"]]}
    assert "ns2 (192.0.2.2): other value" in bed.run(**given).returns["rollover"]["waiting"]
    bed.publish(first, ttl=60)
    bed.run(**given)
    bed.seconds += 86399
    assert bed.run(**given).returns["rollover"]
    # What one server does not show any more begins anew.
    bed.dns.servers[1].keys = frozenset({first.returns["spki_sha256"]})
    bed.seconds += 1
    assert bed.run(**given).returns["rollover"]
    bed.publish(first, ttl=60)
    assert bed.run(**given).returns["rollover"]
    bed.seconds += 86400
    assert bed.run(**given).returns["spki_sha256"] == first.returns["next_spki_sha256"]


@pytest.mark.parametrize("given", [RSA, {"key_max_age_days": 1}])
def test_where_nobody_publishes_a_key_is_replaced_at_once(bed: RolloverBed, given: dict[str, Any]) -> None:
    first = bed.run()
    os.utime(bed.pair / place.KEY, (NOW.timestamp() - 2 * 86400,) * 2)
    done = four_runs(bed, lambda check: bed.run(check=check, **given))
    bed.judge()
    assert done.returns["spki_sha256"] == bed.spki() != first.returns["spki_sha256"]
    assert not done.warnings


def test_records_that_are_gone_may_still_be_remembered(bed: RolloverBed) -> None:
    first = bed.run()
    bed.dns.show(first.returns["spki_sha256"])
    bed.run()
    bed.dns.show()
    given = {"retired_keys": [first.returns["spki_sha256"]]}
    assert "resolvers may still have" in bed.run(**given).returns["rollover"]["waiting"]
    bed.seconds += TTL
    assert bed.run(**given).returns["rollover"] is None


@pytest.mark.parametrize("fault", ["problem", words.TIMEOUT, "SERVFAIL", "no library"])
def test_without_an_answer_it_waits_and_says_how_not_to(
    bed: RolloverBed, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    first = bed.settled()
    if fault == "problem":
        bed.dns.problem = fault
    elif fault == "no library":

        def missing(_wanted: Any) -> Any:
            raise Unavailable("the Python library dns is needed here") from ImportError()

        monkeypatch.setattr(bed.dns, "ask", missing)
    else:
        bed.dns.servers[1].fault = fault
    given = {"retired_keys": [first.returns["spki_sha256"]]}
    for check in (True, False):
        call = bed.run(check=check, **given)
        assert not call.plan.changed
        assert "tlsa_ports: [] would do so at once" in call.warnings[0]
        assert call.unchecked == (
            [f"the TLSA records of {HOST}: the Python library dns is needed here"]
            if check and fault == "no library"
            else []
        )
    # Nothing is due: no word of it.
    assert not bed.run().warnings
    forced = four_runs(bed, lambda check: bed.run(check=check, **given, tlsa_ports=[]))
    bed.judge()
    assert forced.returns["spki_sha256"] == first.returns["next_spki_sha256"]
    assert forced.returns["next_spki_sha256"] is None
    assert not bed.next_file.parent.exists()


def test_nobody_is_asked_once_the_next_key_is_seen(bed: RolloverBed) -> None:
    bed.settled()
    asked = bed.dns.asked
    assert not bed.run().plan.changed
    assert bed.dns.asked == asked
    assert not bed.run(key_type="rsa-2048", tlsa_ports=[], check=True).warnings
    assert bed.dns.asked == asked


def test_a_next_key_that_is_retired_is_replaced_by_another(bed: RolloverBed) -> None:
    first = bed.settled()
    given = {"retired_keys": [first.returns["next_spki_sha256"]]}
    done = four_runs(bed, lambda check: bed.run(check=check, **given))
    assert done.returns["spki_sha256"] == first.returns["spki_sha256"]
    assert archived(bed) == {first.returns["next_spki_sha256"]}
    # The new one has to be seen for a while, too.
    both = {"retired_keys": [*given["retired_keys"], first.returns["spki_sha256"]]}
    assert bed.run(**both).returns["rollover"]


def test_without_ports_there_is_none(bed: RolloverBed) -> None:
    first = bed.run()
    done = four_runs(bed, lambda check: bed.run(check=check, tlsa_ports=[]))
    assert [change.action for change in done.plan.changes] == ["remove"]
    assert archived(bed) == {first.returns["next_spki_sha256"]}


def test_absent_archives_it_and_without_a_pair_it_comes_into_use(bed: RolloverBed) -> None:
    first = bed.run()
    four_runs(bed, lambda check: bed.run(check=check, state="absent"))
    assert archived(bed) == {first.returns["spki_sha256"], first.returns["next_spki_sha256"]}
    assert list(bed.tls.iterdir()) == []
    assert json.loads((bed.top / "lib/owned.json").read_text())["owned"] == {}
    second = bed.run()
    bed.pair.unlink()
    done = four_runs(bed, lambda check: bed.run(check=check))
    bed.judge()
    assert done.returns["spki_sha256"] == second.returns["next_spki_sha256"]


def test_a_mode_that_differs_is_made_right_and_a_damaged_key_is_told(bed: RolloverBed) -> None:
    first = bed.run()
    bed.next_file.chmod(0o644)
    done = four_runs(bed, lambda check: bed.run(check=check))
    assert done.returns["next_spki_sha256"] == first.returns["next_spki_sha256"]
    assert oct(bed.next_file.stat().st_mode)[-3:] == "600"
    (bed.next_file.parent / next_key.NOTE).write_text("no note")
    assert not bed.run().plan.changed
    bed.next_file.write_text("no key")
    with pytest.raises(InvalidValue, match=r"\.next/privkey\.pem.* is no private key that can be read"):
        bed.run()
    four_runs(bed, lambda check: bed.run(check=check, state="absent"))


def test_provided_pairs_tell_the_hash_of_the_next_key(bed: RolloverBed) -> None:
    bed.run()
    given = bed.make_pair()
    # The own next key goes.
    done = four_runs(bed, lambda check: bed.run(check=check, **given))
    assert done.returns["next_spki_sha256"] is None
    assert not bed.next_file.parent.exists()
    following = bed.top / "next.key"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(following))
    public = bed.top / "next.pub"
    given["next_public_key"] = str(public)
    with pytest.raises(Unavailable, match=r"next\.pub does not exist"):
        bed.run(**given)
    assert bed.run(check=True, **given).unchecked == [f"the provided file {public} is not there yet"]
    public.write_text(openssl("pkey", "-in", str(following), "-pubout"))
    assert bed.run(**given).returns["next_spki_sha256"] == spki(following)
    public.write_text(openssl("pkey", "-in", given["private_key"], "-pubout"))
    assert bed.run(**given).returns["next_spki_sha256"] is None
    public.write_text("no key")
    with pytest.raises(InvalidValue, match=r"next\.pub.* is no public key that can be read"):
        bed.run(**given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"tlsa_ports": [0]}, "tlsa_ports 0: is no port; give 1 to 65535"),
        ({"retired_keys": ["8bd1"]}, "retired_keys '8bd1': is no hash of a key"),
        ({"key_max_age_days": -1}, "key_max_age_days -1: is no age of a key"),
        ({"servers": ["ns1.example.net"]}, "servers 'ns1.example.net': is no IP address"),
        ({"timeout": 0}, "timeout 0: is out of range"),
        ({"port": 65536}, "port 65536: is no port"),
    ],
)
def test_bad_options(bed: RolloverBed, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        bed.run(**given)
    assert reason in str(caught.value)


def kill_everywhere(prepare: Callable[[], Any], run: Callable[[], Any], look: Callable[[], Any]) -> int:
    """Kill ``run`` before each change of a file, ``look`` at what is left, and return how often it was killed."""
    moment = 0
    while True:
        moment += 1
        prepare()
        came_so_far = killed_at(moment, lambda: run() and {})
        look()
        if not came_so_far:
            return moment - 1


def keys_below(top: Path) -> dict[Path, str]:
    """Return all keys; openssl takes too long for each of a hundred moments."""
    return {path: load_key(path.read_bytes(), str(path)).spki_sha256 for path in top.rglob(place.KEY)}


def served(bed: RolloverBed) -> str:
    """Return which key a service would load, and see that it could."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bed.pair / place.CHAIN, bed.pair / place.KEY)
    return load_key((bed.pair / place.KEY).read_bytes(), HOST).spki_sha256


def test_a_run_that_replaces_the_key_is_killed(bed: RolloverBed, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is served is published at every moment, and no key is lost that was served or is published."""
    first = bed.settled()
    saved = tmp_path_factory.mktemp("saved")
    shutil.copytree(bed.top, saved, symlinks=True, dirs_exist_ok=True)
    old, following = first.returns["spki_sha256"], first.returns["next_spki_sha256"]
    given = {"retired_keys": [old]}

    def prepare() -> None:
        shutil.rmtree(bed.top)
        shutil.copytree(saved, bed.top, symlinks=True)

    def look() -> None:
        assert served(bed) in (old, following)
        assert {old, following} <= set(keys_below(bed.top).values())
        bed.run(**given)
        assert served(bed) == following
        assert not bed.run(check=True, **given).plan.changed
        assert len(list(bed.tls.iterdir())) == 3
        assert sorted(path.name for path in bed.next_file.parent.iterdir()) == [next_key.NOTE, place.KEY]
        assert old in keys_below(bed.archive).values()

    assert kill_everywhere(prepare, lambda: bed.run(**given), look) > 20
    bed.judge()


def test_a_first_run_is_killed(bed: RolloverBed) -> None:
    def look() -> None:
        bed.run()
        served(bed)
        assert not bed.run(check=True).plan.changed
        assert len(list(bed.tls.iterdir())) == 3

    def prepare() -> None:
        shutil.rmtree(bed.top)
        bed.top.mkdir()

    assert kill_everywhere(prepare, bed.run, look) > 20
    bed.judge()
