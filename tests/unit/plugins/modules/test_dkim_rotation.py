# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dkim_rotation through its own ``main()``, with fake name servers, a clock of its own, and runs that are killed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from faults.processes import NOBODY, killed_at
from mail_zones.fake_nameserver import FakeNameServer, serving

from ansible_collections.mailwright.mail.plugins.module_utils.core import clock
from ansible_collections.mailwright.mail.plugins.module_utils.core.clock import Moment
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation import found

Result = dict[str, Any]
DAY = 86400
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of other users")


@dataclass
class Site:
    """A host with its clock and the name servers that publish for it."""

    top: Path
    run_module: Callable[..., Result]
    servers: tuple[FakeNameServer, FakeNameServer]
    moment: Moment

    @property
    def keys(self) -> Path:
        return self.top / "dkim"

    @property
    def list(self) -> Path:
        return self.top / "signing" / "list.conf"

    def run(self, *names: str, check: bool = False, **options: Any) -> Result:
        given = {
            "domains": [{"name": name} for name in names or ("example.com",)],
            "algorithms": ["ed25519"],
            "selector_prefix": "mx1-",
            "key_dir": str(self.keys),
            "ledger": str(self.top / "owned.json"),
            "signing_file": str(self.list),
            "servers": [server.address for server in self.servers],
            "port": self.servers[0].port,
            "timeout": 1,
            **options,
        }
        result = self.run_module("dkim_rotation", check=check, **given)
        text = json.dumps(result)
        assert "PRIVATE KEY" not in text
        for path in self.top.rglob("*.key"):
            assert path.read_text().strip() not in text
        return result

    def publish(self, result: Result) -> None:
        for server in self.servers:
            for name in [name for name, type_ in server.records if type_ == "TXT"]:
                server.text(name)
            for domain in result["domains"]:
                for record in domain["records"]:
                    server.text(record["name"], record["value"])

    def wait(self, seconds: int) -> None:
        self.moment = replace(self.moment, wall=self.moment.wall + seconds, uptime=self.moment.uptime + seconds)

    def rounds(self, count: int, **options: Any) -> Result:
        """Run, publish and run again, day by day."""
        for _day in range(count):
            self.publish(self.run(**options))
            result = self.run(**options)
            self.publish(result)
            self.wait(DAY)
        return result


@pytest.fixture
def site(tmp_path: Path, run_module: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    servers = FakeNameServer("127.0.0.2"), FakeNameServer("127.0.0.3")
    with serving(*servers):
        made = Site(tmp_path / "lib", run_module, servers, Moment(1_795_298_400, "boot", 1000))
        monkeypatch.setattr(clock, "present", lambda: made.moment)
        yield made


def snapshot(top: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(top)): (path.stat().st_mode, path.stat().st_uid, path.is_file() and path.read_bytes())
        for path in sorted(top.rglob("*"))
        if path.name not in (".lock", "owned.lock")
    }


def states(result: Result, number: int = 0) -> dict[str, str]:
    return {one["selector"]: one["state"] for one in result["domains"][number]["selectors"]}


def listed(site: Site) -> str:
    return "\n".join(line.strip() for line in site.list.read_text().splitlines() if "selector =" in line)


def predicted(site: Site, **options: Any) -> Result:
    """Run in check mode and for real, and compare."""
    before = snapshot(site.top) if site.top.exists() else {}
    told = site.run(check=True, **options)
    assert (snapshot(site.top) if site.top.exists() else {}) == before
    done = site.run(**options)
    after = snapshot(site.top)
    assert told["changed"] == done["changed"]
    assert told["diff"] == done["diff"]
    for one, other in zip(told["domains"], done["domains"], strict=True):
        # What only a new key tells is left open, and nothing else.
        paths = {r["name"]: f"dkim/{one['name']}/{r['name'].partition('.')[0]}.pem" for r in other["records"]}
        old = [r for r in other["records"] if paths[r["name"]] in before or paths[r["name"]] not in after]
        other = {**other, "records": old}
        assert one == other
    apart = {"domains": 0, "dns_domains": 0, "invocation": 0}
    assert {**told, **apart} == {**done, **apart}
    return done


def test_two_calls_and_a_publication_in_between_make_a_domain_sign(site: Site) -> None:
    first = predicted(site)
    assert states(first) == {"mx1-202611a": "made"}
    assert first["domains"][0]["signing"] == []
    assert first["domains"][0]["next_step"] == {"selector": "mx1-202611a", "step": "published", "date": None}
    assert listed(site) == ""
    assert not site.run()["changed"]
    site.publish(first)
    second = predicted(site)
    assert states(second) == {"mx1-202611a": "signing"}
    assert second["signing_changed"]
    assert second["domains"][0]["changes"] == [{"selector": "mx1-202611a", "before": "made", "after": "signing"}]
    assert second["domains"][0]["next_step"]["date"] == site.moment.after(180 * DAY)
    before = snapshot(site.top)
    third = predicted(site)
    assert not third["changed"]
    assert third["diff"] == {"before": "", "after": ""}
    assert snapshot(site.top) == before


def test_records_go_to_dns_records_as_they_are(site: Site) -> None:
    site.rounds(2, spares=1, ttl=900)
    result = site.run(spares=1, ttl=900, domains=[{"name": "example.com", "revoke": ["mx1-202611a"]}])
    wanted = site.run_module("dns_records_info", domains=result["dns_domains"])["records"]
    keys = [record for record in wanted if "._domainkey." in record["name"]]
    assert [(one["name"], one["value"], one["ttl"]) for one in keys] == [
        (one["name"], one["value"], 900) for one in result["domains"][0]["records"]
    ]
    assert keys[0]["value"] == "v=DKIM1; k=ed25519; p="


def test_rspamd_gets_the_keys_in_its_form(site: Site) -> None:
    site.rounds(1, algorithms=["rsa", "ed25519"])
    place = site.keys / "example.com"
    derived = site.top / "signing" / "ed25519" / "example.com" / "mx1-202611b.key"
    assert site.list.read_text().splitlines()[1:] == [
        "domain {",
        '  "example.com" {',
        "    selectors [",
        f'      {{ selector = "mx1-202611a"; path = "{place}/mx1-202611a.pem"; }},',
        f'      {{ selector = "mx1-202611b"; path = "{derived}"; }}',
        "    ]",
        "  }",
        "}",
    ]
    assert stat.S_IMODE(site.list.stat().st_mode) == 0o644
    assert stat.S_IMODE(derived.stat().st_mode) == 0o600
    der = subprocess.run(
        ["openssl", "pkey", "-in", str(place / "mx1-202611b.pem"), "-outform", "DER"], capture_output=True, check=True
    ).stdout
    assert base64.b64decode(derived.read_text()) == der[-32:]


def test_the_life_of_a_key(site: Site) -> None:
    times = {"interval": "10d", "overlap": "3d", "revoked": "2d"}
    seen: list[str] = []
    for _day in range(20):
        result = predicted(site, **times)
        site.publish(result)
        result = predicted(site, **times)
        state = states(result).get("mx1-202611a", "gone")
        values = [r["value"] for r in result["domains"][0]["records"] if r["name"].startswith("mx1-202611a.")]
        if state == "revoked":
            assert values == ["v=DKIM1; k=ed25519; p="]
        elif state != "gone":
            assert len(values[0]) > 40
        assert len(result["domains"][0]["signing"]) == 1
        seen.append(state)
        site.publish(result)
        site.wait(DAY)
    assert list(dict.fromkeys(seen)) == ["signing", "retiring", "revoked", "gone"]
    # Made, seen and waited for on the tenth day, it is the other's turn on the eleventh.
    assert [seen.count(state) for state in ("signing", "retiring", "revoked")] == [11, 3, 2]
    assert [path.name[:11] for path in site.keys.glob("old/example.com/*.pem")] == ["mx1-202611a"]
    assert not list((site.keys / "example.com").glob("mx1-202611a*"))
    assert [path.name for path in site.top.glob("signing/ed25519/*/*")] == ["mx1-202612a.key"]
    owned = json.loads((site.top / "owned.json").read_text())["owned"]["dkim.key"][str(site.keys)]
    assert [name[:11] for name in owned] == sorted(states(result))


def test_a_spare_is_at_hand_and_another_takes_its_place(site: Site) -> None:
    result = site.rounds(2, spares=2)
    assert list(states(result).values()) == ["signing", "visible", "visible"]
    result = predicted(site, spares=2, domains=[{"name": "example.com", "switch_to": "mx1-202611c"}])
    assert list(states(result).values()) == ["retiring", "visible", "signing", "made"]
    site.publish(result)
    result = site.run(spares=2, rotate_now=True)
    assert states(result)["mx1-202611c"] == "signing", "it has only just begun"
    site.wait(DAY)
    for _twice in range(2):
        result = site.run(spares=2, rotate_now=True)
        site.publish(result)
    assert result["domains"][0]["signing"] == ["mx1-202611b"]


def test_rotation_is_remembered_until_it_is_done(site: Site) -> None:
    site.rounds(2)
    first = site.run(rotate_now=True)
    assert list(states(first).values()) == ["signing", "made"]
    site.publish(first)
    assert list(states(site.run(rotate_now=True)).values()) == ["signing", "published"]
    site.wait(DAY)
    assert list(states(site.run()).values()) == ["retiring", "signing"]


def test_a_revoked_key_stops_at_once(site: Site) -> None:
    site.rounds(2, spares=1)
    result = predicted(site, spares=1, domains=[{"name": "example.com", "revoke": ["mx1-202611a"]}])
    assert list(states(result).values()) == ["revoked", "signing", "made"]
    assert "mx1-202611a" not in listed(site)
    assert not site.run(spares=1, domains=[{"name": "example.com", "revoke": ["mx1-202611a"]}])["changed"]


def test_one_server_that_lags_or_fails_holds_a_switch_up(site: Site) -> None:
    site.rounds(2)
    made = site.run(rotate_now=True)
    site.publish(made)
    name = "mx1-202611b._domainkey.example.com"
    for spoil, verdict in (("servfail", "SERVFAIL"), ("silent", "time-out"), ("lame", "not authoritative")):
        site.servers[1].fault = spoil
        for _day in range(3):
            site.wait(DAY)
            result = site.run()
        assert result["domains"][0]["signing"] == ["mx1-202611a"]
        selector = result["domains"][0]["selectors"][1]
        assert [answer["verdict"] for answer in selector["servers"]] == ["right", verdict]
        assert any(f"127.0.0.3: {verdict}" in warning for warning in result["warnings"])
    site.servers[1].fault = ""
    site.servers[1].text(name, "v=DKIM1; k=ed25519; p=other")
    assert site.run()["domains"][0]["selectors"][1]["servers"][1]["verdict"] == "other value"
    site.publish(made)
    assert states(site.run())["mx1-202611b"] == "published"
    # What was there before may be remembered for its TTL.
    site.wait(599)
    assert states(site.run())["mx1-202611b"] == "published"
    site.wait(1)
    assert site.run()["domains"][0]["signing"] == ["mx1-202611b"]


def test_a_key_whose_record_went_gives_way_to_one_that_is_seen(site: Site) -> None:
    site.rounds(2, spares=1)
    for server in site.servers:
        server.text("mx1-202611a._domainkey.example.com")
    result = predicted(site, spares=1)
    assert result["domains"][0]["signing"] == ["mx1-202611b"]
    assert any("is not seen any more" in warning for warning in result["warnings"])
    # Where none is seen, the one that signs goes on.
    for server in site.servers:
        server.fault = "refused"
    site.wait(DAY)
    result = site.run(spares=1)
    assert result["domains"][0]["signing"] == ["mx1-202611b"]
    assert any("not shown by any name server" in warning for warning in result["warnings"])


def test_keys_that_lie_there_are_taken_over(site: Site) -> None:
    for selector in ("old1", "old2"):
        made = site.run_module(
            "dkim_key",
            domain="example.com",
            selector=selector,
            algorithm="ed25519",
            flags=["s"],
            key_dir=str(site.keys),
            ledger=str(site.top / "owned.json"),
        )
        assert made["changed"]
    result = predicted(site, spares=1)
    assert states(result) == {"old1": "made", "old2": "made"}
    assert "t=s" in result["domains"][0]["records"][0]["value"]
    site.publish(result)
    assert site.run(spares=1)["domains"][0]["signing"] == ["old1"]
    # A lost state: what signs goes on.
    (site.keys / "example.com" / "rotation.json").unlink()
    result = predicted(site, spares=1)
    assert states(result) == {"old1": "signing", "old2": "published"}


def test_domains_that_are_not_named_go_on(site: Site) -> None:
    scheme = {"selector_scheme": "counter"}
    both = [{"name": "example.com"}, {"name": "sub.example.com"}]
    site.rounds(2, domains=both, **scheme)
    before = site.list.read_text()
    assert '"sub.example.com"' in before
    assert not site.run(**scheme)["signing_changed"]
    assert site.list.read_text() == before
    result = predicted(site, domains=[{"name": "example.com", "state": "absent"}])
    assert states(result) == {"mx1-1": "retiring"}
    assert '"example.com"' not in site.list.read_text()
    for _twice in range(2):
        site.wait(60 * DAY)
        result = site.run(domains=[{"name": "example.com", "state": "absent"}])
    assert result["domains"][0]["records"] == []
    # Its names are never given again.
    assert states(site.run(**scheme)) == {"mx1-2": "made"}


def test_a_clock_that_jumps_ends_no_overlap(site: Site) -> None:
    site.rounds(2, spares=1)
    site.run(spares=1, rotate_now=True)
    for jump in (3650 * DAY, -7300 * DAY):
        site.moment = replace(site.moment, wall=site.moment.wall + jump)
        assert states(site.run(spares=1))["mx1-202611a"] == "retiring"


def test_the_host_restarts(site: Site) -> None:
    site.rounds(2)
    site.moment = Moment(site.moment.wall + 5000 * DAY, "another", 60)
    assert not site.run()["changed"]
    noted = json.loads((site.keys / "example.com" / "rotation.json").read_text())
    assert noted["noted"]["boot"] == "another"
    assert noted["selectors"]["mx1-202611a"]["age"] <= 3 * DAY + 60


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"interval": "often"}, "is no length of time"),
        ({"bits": 1024, "algorithms": ["rsa"]}, "weak"),
        ({"spares": 99}, "give 0 to 10"),
        ({"algorithms": []}, "algorithms"),
        ({"servers": ["ns1.example.net"]}, "is no IP address"),
        ({"selector_prefix": "a.b"}, "no beginning of a selector"),
        ({"signing_file": '/tmp/"x'}, "characters"),
        ({"signing_file_mode": "rw"}, "is no mode"),
        ({"domains": [{"name": "example.com"}, {"name": "EXAMPLE.com"}]}, "named twice"),
        ({"domains": [{"name": "example.com", "switch_to": "nope"}]}, "no such selector"),
        ({"domains": [{"name": "example.com", "revoke": ["nope"]}]}, "no such selector"),
    ],
)
def test_what_cannot_be_taken(site: Site, options: dict[str, Any], text: str) -> None:
    result = site.run(**options)
    assert result["failed"]
    assert text in result["msg"]
    assert not site.top.exists()


def test_what_is_damaged_or_of_others(site: Site) -> None:
    site.rounds(2)
    place = site.keys / "example.com"
    noted = place / "rotation.json"
    good = noted.read_bytes()
    for content in (b"", b"[]", b'{"version": 1}', good.replace(b'"signing"', b'"dancing"'), good[:-20]):
        noted.write_bytes(content)
        assert "is damaged" in site.run()["msg"]
        problem = info(site)[0]["problem"]
        assert "is damaged" in problem
    noted.write_bytes(good.replace(b'"version": 1', b'"version": 2'))
    assert "upgrade the collection" in site.run()["msg"]
    noted.write_bytes(good)
    other = site.run_module(
        "dkim_key",
        domain="example.net",
        selector="x",
        algorithm="ed25519",
        key_dir=str(site.keys),
        ledger=str(site.top / "owned.json"),
    )
    shutil.copy(other["dkim_key"]["key_path"], place / "mx1-202611a.pem")
    assert "is another one than" in site.run()["msg"]


def info(site: Site) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = site.run_module("dkim_key_info", key_dir=str(site.keys), domain="example.com")[
        "dkim_keys"
    ]
    return values


def test_info_shows_states_and_next_steps(site: Site) -> None:
    result = site.rounds(2, spares=1)
    now = {one["selector"]: one for one in result["domains"][0]["selectors"]}
    for key in info(site):
        noted = now[key["selector"]]
        assert (key["state"], key["since"], key["next_step"]) == (noted["state"], noted["since"], noted["next_step"])
    site.run(spares=1, domains=[{"name": "example.com", "revoke": ["mx1-202611a"]}])
    assert info(site)[0]["record"]["value"] == "v=DKIM1; k=ed25519; p="


def test_a_lost_key_is_told_and_replaced(site: Site) -> None:
    site.rounds(2, spares=1)
    (site.keys / "example.com" / "mx1-202611a.pem").unlink()
    result = predicted(site, spares=1)
    assert list(states(result).values()) == ["retiring", "signing", "made"]
    assert any("is not there any more" in warning for warning in result["warnings"])


@needs_root
def test_owner_and_modes_are_set_right(site: Site) -> None:
    site.rounds(1)
    result = predicted(site, owner=str(NOBODY), group=str(NOBODY), signing_file_mode="0640")
    assert result["changed"]
    for path in (*site.keys.glob("example.com/*.pem"), *site.top.glob("signing/ed25519/*/*.key"), site.list):
        assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)
    assert stat.S_IMODE(site.list.stat().st_mode) == 0o640
    assert not site.run(owner=str(NOBODY), group=str(NOBODY), signing_file_mode="0640")["changed"]
    assert "belongs to nobody" in site.run()["msg"]


def test_check_mode_without_the_libraries(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise Unavailable("cryptography is not installed; install python3-cryptography")

    monkeypatch.setattr(found, "check_library", missing)
    result = site.run(check=True)
    assert states(result) == {"mx1-202611a": "made"}
    assert "python3-cryptography" in result["unchecked"][0]
    assert "python3-cryptography" in site.run()["msg"]


STORIES: dict[str, tuple[int, dict[str, Any]]] = {
    "the first key": (0, {}),
    "the first one signs": (-1, {}),
    "a switch": (2, {"rotate_now": True}),
    "removal": (-2, {}),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_run_is_killed_before_each_change(site: Site, story: str) -> None:
    days, options = STORIES[story]
    times: dict[str, Any] = {"spares": 1, "overlap": "1d", "revoked": "1d"}
    if days == -1:
        site.publish(site.run(**times))
    elif days == -2:
        site.rounds(2, **times)
        site.run(**times, rotate_now=True)
        for _state in ("retiring", "revoked"):
            site.wait(DAY)
            result = site.run(**times)
            site.publish(result)
        site.wait(DAY)
    elif days:
        site.rounds(days, **times)
    saved = site.top.with_name("saved")
    if site.top.exists():
        shutil.copytree(site.top, saved)
    for moment in range(1, 400):
        if site.top.exists():
            shutil.rmtree(site.top)
        if saved.exists():
            shutil.copytree(saved, site.top)
        came_so_far = killed_at(moment, lambda: site.run(**times, **options))
        for path in site.top.rglob("*.pem"):
            assert b"-----END PRIVATE KEY-----" in path.read_bytes()
        for path in site.top.rglob("*.json"):
            json.loads(path.read_text())
        if days:
            # Whoever reads the list at any moment finds every key that it names.
            for line in listed(site).splitlines() if site.list.exists() else ():
                assert Path(line.split('"')[3]).is_file()
        result = site.run(**times, **options)
        assert not result.get("failed"), result
        assert not site.run(**times, **options)["changed"]
        left = [path for top in (site.keys, site.list.parent) for path in top.rglob(".*") if path.name != ".lock"]
        assert not left, left
        if not came_so_far:
            assert moment > 10
            return
    raise AssertionError("it never ended")


def test_what_rspamd_has_not_read_yet_it_goes_on_with(site: Site) -> None:
    """Rspamd looks for a key's file with each message, and reads the list only when it is told to."""
    site.rounds(2, spares=1)
    copy = site.top / "signing" / "ed25519" / "example.com" / "mx1-202611a.key"
    assert copy.exists()
    assert list(states(predicted(site, spares=1, rotate_now=True)).values())[:2] == ["retiring", "signing"]
    assert copy.exists()
    site.wait(DAY)
    assert not site.run(spares=1, domains=[{"name": "example.com", "revoke": ["mx1-202611a"]}]).get("failed")
    assert not copy.exists()


def test_the_overlap_begins_when_the_signer_has_read_another_list(site: Site) -> None:
    """As after a run that was killed before the signer was told, which nobody looked after for weeks."""
    read = site.top / "read.conf"
    options: dict[str, Any] = {"spares": 1, "overlap": "3d", "revoked": "1d", "signing_read": str(read)}
    site.rounds(2, **options)
    shutil.copy(site.list, read)
    result = site.run(**options, rotate_now=True)
    site.publish(result)
    assert states(result)["mx1-202611a"] == "retiring"
    site.wait(30 * DAY)
    for _run in range(2):
        result = predicted(site, **options)
        site.publish(result)
        assert states(result)["mx1-202611a"] == "retiring"
        site.wait(600)
    shutil.copy(site.list, read)
    site.wait(2 * DAY)
    assert states(predicted(site, **options))["mx1-202611a"] == "retiring"
    site.wait(DAY)
    assert states(predicted(site, **options))["mx1-202611a"] == "revoked"
