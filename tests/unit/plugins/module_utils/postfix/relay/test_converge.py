# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From reading to writing: tables, both files of Postfix, the ledger, and what is left after a fault."""

from __future__ import annotations

import functools
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults.processes import killed_at

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, InvalidValue, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Ledger
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.configuration import Rejected
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay import ground
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.converge import Relays
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.plan import RelayPlan
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.wanted import parse_relay, parse_request

if TYPE_CHECKING:
    from ..conftest import FakePrograms

MAIN = "# by hand\nrelayhost = [by.hand]:25\ntransport_maps = hash:/etc/postfix/mine\nbiff = no\n"
MASTER = "smtp inet n - y - - smtpd\nsmtp      unix  -       -       y       -       -       smtp\n"
SECRET = "correct horse battery"
ALL: dict[str, Any] = {"host": "192.0.2.1", "tls": "encrypt", "username": "u", "password": SECRET}
SOME: dict[str, Any] = {
    "host": "192.0.2.2",
    "port": 465,
    "tls": "encrypt",
    "match": {"senders": ["a@x.example"], "recipient_domains": ["y.example"]},
}
BOTH: dict[str, Any] = {"relays": [ALL, SOME], "take_over": True}


@pytest.fixture(autouse=True)
def ground_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may lack what a mail host needs."""
    monkeypatch.setattr(ground, "missing", lambda relays: [])


@pytest.fixture
def relays(tmp_path: Path, programs: FakePrograms) -> Relays:
    """A Postfix that an administrator has set up."""
    directory = tmp_path / "etc" / "postfix"
    directory.mkdir(parents=True)
    (directory / "main.cf").write_text(MAIN)
    (directory / "master.cf").write_text(MASTER)
    (tmp_path / "work").mkdir()
    return Relays(str(directory), str(tmp_path / "owned.json"), str(tmp_path / "work"), programs)


def plan(subject: Relays, /, *, take_over: bool = False, **options: Any) -> RelayPlan:
    return subject.plan(parse_request(options), take_over=take_over)


def run(subject: Relays, /, **options: Any) -> RelayPlan:
    made = plan(subject, **options)
    if made.changed:
        subject.apply(made)
    return made


def files(relays: Relays) -> dict[str, str]:
    """What is there, by path, locks left out."""
    top = Path(relays.config_dir)
    found = [path for path in [*top.rglob("*"), Path(relays.ledger_path)] if path.is_file()]
    # Postfix's own files may have leftovers of a rename that did not come; ours may not.
    found = [path for path in found if not (path.parent == top and path.name.startswith("."))]
    return {str(path.relative_to(top.parent.parent)): path.read_text() for path in found}


def own(relays: Relays) -> Path:
    return Path(relays.config_dir, "mailwright-relay")


def test_set_up_changed_and_given_back(relays: Relays) -> None:
    before = files(relays)
    for options in (
        {"relays": [SOME]},
        BOTH,
        {"relays": [{**ALL, "password": "other"}, SOME]},
        {"relays": [{**ALL, "host": "192.0.2.9"}]},
        {"relays": []},
    ):
        unchanged = files(relays)
        predicted = plan(relays, **options)
        assert files(relays) == unchanged
        done = run(relays, **options)
        assert (predicted.changes, predicted.diff()) == (done.changes, done.diff())
        assert done.changed
        again = plan(relays, **options)
        assert (again.changes, again.diff(), again.build, again.remove) == ([], [], {}, [])
    after = files(relays)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"owned.json"}
    assert json.loads(after["owned.json"]) == {"version": 1, "owned": {}}
    assert not own(relays).exists()


def test_what_is_written(relays: Relays) -> None:
    run(relays, **BOTH)
    top = f"{relays.config_dir}/mailwright-relay"
    main = Path(relays.config_dir, "main.cf").read_text()
    assert main == (
        "# by hand\nrelayhost = \n"
        f"transport_maps = hash:/etc/postfix/mine, lmdb:{top}/recipients\nbiff = no\n"
        "default_transport = relay-192.0.2.1-587:[192.0.2.1]:587\n"
        f"sender_dependent_default_transport_maps = lmdb:{top}/senders\n"
    )
    master = Path(relays.config_dir, "master.cf").read_text()
    assert master.startswith(MASTER)
    assert "relay-192.0.2.2-465 unix  -       -       n       -       -       smtp\n" in master
    assert "  -o smtp_tls_wrappermode=yes" in master
    assert Path(top, "credentials-192.0.2.1-587").read_text() == f"[192.0.2.1]:587\tu:{SECRET}\n"
    assert Path(top, "tls_policy").read_text() == "[192.0.2.1]:587\tencrypt\n[192.0.2.2]:465\tencrypt\n"
    for path in own(relays).iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert own(relays).stat().st_mode & 0o777 == 0o700
    for name, text in files(relays).items():
        assert SECRET not in text or "mailwright-relay/" in name


def test_diffs_show_no_password(relays: Relays) -> None:
    first = plan(relays, **BOTH)
    assert "relay 192.0.2.1-587" in first.diff()[-1]["after"]
    run(relays, **BOTH)
    second = run(relays, relays=[{**ALL, "password": "another secret"}, SOME])
    assert second.diff() == [
        {
            "before_header": "relays",
            "after_header": "relays",
            "before": "relay 192.0.2.1-587\n  passwords: {'[192.0.2.1]:587': '(set)'}\n",
            "after": "relay 192.0.2.1-587\n  passwords: {'[192.0.2.1]:587': '(changed)'}\n",
        }
    ]
    for made in (first, second):
        assert SECRET not in json.dumps(made.diff())
        assert "another secret" not in json.dumps(made.diff())


def test_one_relay_leaves_the_others(relays: Relays) -> None:
    run(relays, **SOME)
    run(relays, **ALL, take_over=True)
    assert [relay.name for relay in plan(relays, **SOME).relays] == ["192.0.2.1-587", "192.0.2.2-465"]
    run(relays, host="192.0.2.1", state="absent")
    text = Path(relays.config_dir, "main.cf").read_text()
    assert "relayhost = [by.hand]:25\n" in text
    assert "\ndefault_transport" not in text
    run(relays, host="192.0.2.2", state="absent")
    assert Path(relays.config_dir, "main.cf").read_text() == MAIN
    assert not run(relays, host="192.0.2.2", state="absent").changed


def test_what_others_set_meanwhile_stays(relays: Relays) -> None:
    run(relays, **BOTH)
    path = Path(relays.config_dir, "main.cf")
    path.write_text(path.read_text().replace("biff = no", "biff = yes").replace("mine,", "mine, hash:/their,"))
    run(relays, relays=[])
    assert path.read_text() == MAIN.replace("biff = no", "biff = yes").replace("mine", "mine, hash:/their")


def test_a_relayhost_by_hand_is_kept_or_taken_over(relays: Relays) -> None:
    before = files(relays)
    with pytest.raises(Conflict, match=r"relayhost = \[by.hand\]:25.*take_over: true"):
        run(relays, **ALL)
    assert files(relays) == before


@pytest.mark.parametrize("harm", ["no index", "old index", "empty index", "mode", "text", "no text", "left over"])
def test_tables_are_built_again_when_they_are_not_right(relays: Relays, harm: str) -> None:
    run(relays, **BOTH)
    right = files(relays)
    table, index = own(relays) / "senders", own(relays) / "senders.lmdb"
    if harm == "no index":
        index.unlink()
    elif harm == "old index":
        os.utime(index, (1, 1))
    elif harm == "empty index":
        index.write_text("")
    elif harm == "mode":
        table.chmod(0o644)
    elif harm == "text":
        table.write_text("a\tb\n")
    elif harm == "no text":
        table.unlink()
    else:
        (own(relays) / "credentials-old").write_text("x")
        (own(relays) / ".building-x").mkdir()
    made = run(relays, **BOTH)
    assert made.changed
    assert [change.kind for change in made.changes] == ["table"] * len(made.changes)
    assert "table" in made.diff()[0]["before"]
    assert files(relays) == right
    assert table.stat().st_mode & 0o777 == 0o600
    assert not run(relays, **BOTH).changed
    assert not (own(relays) / ".building-x").exists()


def test_without_lmdb_tables_are_of_the_type_hash(relays: Relays, programs: FakePrograms) -> None:
    programs.map_types = ("hash",)
    run(relays, **BOTH)
    assert "hash:" + str(own(relays)) in Path(relays.config_dir, "main.cf").read_text()
    assert (own(relays) / "senders.db").exists()
    programs.map_types = ("lmdb", "hash")
    run(relays, **BOTH)
    assert not run(relays, **BOTH).changed
    assert "hash:" + str(own(relays)) not in Path(relays.config_dir, "main.cf").read_text()
    assert sorted(path.name for path in own(relays).iterdir() if path.suffix) == [
        "credentials-192.0.2.1-587",
        "credentials-192.0.2.1-587.lmdb",
        "recipients.lmdb",
        "relays.json",
        "senders.lmdb",
        "tls_policy.lmdb",
    ]
    run(relays, relays=[])
    assert Path(relays.config_dir, "main.cf").read_text() == MAIN


def test_a_table_that_cannot_be_indexed_changes_nothing(relays: Relays) -> None:
    before = files(relays)
    with pytest.raises(Unavailable, match="postmap cannot index the table credentials-192"):
        run(relays, relays=[{**ALL, "password": "unindexable"}], take_over=True)
    assert files(relays) == before


def test_what_postfix_check_refuses_changes_nothing(relays: Relays, programs: FakePrograms) -> None:
    programs.refuses = "relay-192.0.2.1-587:[192.0.2.1]:587"
    before = files(relays)
    with pytest.raises(Rejected):
        run(relays, **BOTH)
    assert files(relays) == before
    assert not own(relays).exists()


def test_a_host_that_lacks_something_is_not_changed(relays: Relays, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "missing", lambda relays: ["install libsasl2-modules", "and this"])
    before = files(relays)
    with pytest.raises(Unavailable, match="install libsasl2-modules; and this"):
        run(relays, **BOTH)
    assert files(relays) == before


def test_what_a_host_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    made = [
        parse_relay({**ALL, "host": "a.example", "tls": "secure", "ca_file": str(tmp_path / "ca.pem")}, ""),
        parse_relay({**ALL, "mechanisms": ["SCRAM-SHA-256"]}, ""),
        parse_relay({"host": "192.0.2.3", "tls": "may"}, ""),
        parse_relay({**ALL, "host": "192.0.2.4"}, ""),
    ]
    assert ground.missing(made, str(tmp_path)) == [
        f"ca_file {tmp_path}/ca.pem is not there; install the package ca-certificates, or give another file",
        "Postfix has no client for any login mechanism (a.example-587, 192.0.2.4-587); "
        "install the package libsasl2-modules",
        "Postfix has no client for SCRAM-SHA-256 (192.0.2.1-587); install the package libsasl2-modules",
    ]
    for name in ("ca.pem", "libplain.so", "libscram.so"):
        (tmp_path / name).touch()
    assert ground.missing(made, str(tmp_path)) == []


def test_hosts_are_looked_up_before_a_change(monkeypatch: pytest.MonkeyPatch, relays: Relays) -> None:
    def find(host: str, *_rest: Any, **_more: Any) -> list[Any]:
        if host.startswith("192"):
            return []
        raise socket.gaierror(socket.EAI_AGAIN if "again" in host else socket.EAI_NONAME, "told")

    monkeypatch.setattr(ground.look_up, "__defaults__", (find,))
    before = files(relays)
    with pytest.raises(InvalidValue, match=r"host of the relay no.example-587 'no.example': is not known to the DNS"):
        plan(relays, host="no.example", take_over=True)
    assert files(relays) == before
    made = plan(relays, host="again.example", take_over=True)
    assert made.warnings == ["host again.example of the relay again.example-587 cannot be looked up now: told"]


def test_a_bare_host(tmp_path: Path, programs: FakePrograms) -> None:
    programs.is_installed = False
    bare = Relays(str(tmp_path / "no" / "postfix"), str(tmp_path / "no" / "owned.json"), None, programs)
    made = plan(bare, **BOTH)
    assert made.changed
    assert made.unchecked[-1] == "relays: the type of the lookup tables, as Postfix is not installed"
    with pytest.raises(Unavailable, match="Postfix is not installed"):
        bare.apply(made)
    assert not own(bare).exists()


def test_another_run_in_between_is_noticed(relays: Relays) -> None:
    made = plan(relays, **BOTH)
    run(relays, **SOME)
    before = files(relays)
    with pytest.raises(Conflict, match="changed by somebody else during this run"):
        relays.apply(made)
    assert files(relays) == before


def test_a_damaged_state_stops_the_run(relays: Relays) -> None:
    run(relays, **BOTH)
    for content in ("{", '{"version": 2, "relays": []}', '{"version": 1, "relays": [{}]}'):
        (own(relays) / "relays.json").write_text(content)
        with pytest.raises(Unavailable, match="is damaged or of another version; remove it, and give all relays"):
            plan(relays, **BOTH)
    (own(relays) / "relays.json").unlink()
    run(relays, **BOTH)
    run(relays, relays=[])
    assert Path(relays.config_dir, "main.cf").read_text() == MAIN


@pytest.fixture
def moments() -> Iterator[int]:
    """Moments at which a run is killed: one in a dozen or so, as each costs several runs."""
    return iter(range(3, 1000, 17))


@pytest.mark.parametrize("step", ["set up", "change", "take out"])
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(
    relays: Relays, step: str, moments: Iterator[int]
) -> None:
    first: dict[str, Any] = {"relays": [{**SOME, "password": "old", "username": "o"}]} if step == "change" else BOTH
    wanted: dict[str, Any] = {"relays": []} if step == "take out" else BOTH

    def start() -> None:
        # Each one that a killed rename left would be copied, and so make the next run longer.
        for leftover in Path(relays.config_dir).glob(".*"):
            leftover.unlink()
        run(relays, relays=[])
        if step != "set up":
            run(relays, **first)

    start()
    run(relays, **wanted)
    right = files(relays)
    for moment in moments:
        start()
        # The plan writes nothing, so only its application is killed.
        if not killed_at(moment, functools.partial(_apply, relays, plan(relays, **wanted))):
            break
        _references_lead_somewhere(relays)
        run(relays, **wanted)
        assert files(relays) == right, moment
        assert not run(relays, **wanted).changed
        run(relays, relays=[])
        assert Path(relays.config_dir, "main.cf").read_text() == MAIN
        assert Path(relays.config_dir, "master.cf").read_text() == MASTER
    else:
        pytest.fail("never came to its end")
    assert Ledger.read(relays.ledger_path).dump().decode() == right["owned.json"]


def _apply(relays: Relays, made: RelayPlan) -> dict[str, Any]:
    relays.apply(made)
    return {}


def _references_lead_somewhere(relays: Relays) -> None:
    """Every table that main.cf or master.cf names is there, whole, at any moment."""
    for name in ("main.cf", "master.cf"):
        for word in Path(relays.config_dir, name).read_text().replace("=", " ").replace(",", " ").split():
            if word.startswith("lmdb:"):
                table = Path(word.removeprefix("lmdb:"))
                index = Path(f"{table}.lmdb")
                assert index.read_text().startswith("lmdb\n"), word
