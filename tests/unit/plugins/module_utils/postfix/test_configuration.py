# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From reading to writing: what is judged, what is written and in which order, and what is left after a fault."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, MailwrightError, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.postfix import staging
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.configuration import (
    Configuration,
    Rejected,
    results,
)
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.plan import PostconfPlan
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.wanted import parse_wanted

if TYPE_CHECKING:
    from .conftest import FakePrograms

PRESENT: dict[str, Any] = {
    "main": {"relayhost": "[mx]:25"},
    "lists": [{"parameter": "smtpd_milters", "present": ["inet:localhost:11332"]}],
    "master": [{"service": "submission", "type": "inet", "command": "smtpd", "options": {"syslog_name": "a b"}}],
}
ABSENT: dict[str, Any] = {
    "main": {"relayhost": None},
    "lists": [{"parameter": "smtpd_milters", "absent": ["inet:localhost:11332"]}],
    "master": [{"service": "submission", "type": "inet", "state": "absent"}],
}


def plan(configuration: Configuration, **options: Any) -> PostconfPlan:
    return configuration.plan(parse_wanted(config_dir=configuration.config_dir, owner="test", **options))


def run(configuration: Configuration, **options: Any) -> PostconfPlan:
    made = plan(configuration, **options)
    if made.changed:
        configuration.apply(made)
    return made


def snapshot(configuration: Configuration) -> dict[str, bytes]:
    root = Path(configuration.config_dir).parents[1]
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_four_runs(configuration: Configuration, programs: FakePrograms, state: str) -> None:
    options = PRESENT
    if state == "absent":
        run(configuration, **PRESENT)
        options = ABSENT
    before = snapshot(configuration)
    predicted = plan(configuration, **options)
    assert predicted.changed
    assert snapshot(configuration) == before
    done = run(configuration, **options)
    assert (done.diff(), results(done, [])) == (predicted.diff(), results(predicted, []))
    after = snapshot(configuration)
    assert after["etc/postfix/main.cf"].decode() == done.after["main.cf"]
    programs.calls.clear()
    assert not plan(configuration, **options).changed
    assert not run(configuration, **options).changed
    assert snapshot(configuration) == after
    # An unchanged run asks Postfix for nothing but defaults that it cannot do without.
    assert set(programs.calls) <= {("postconf", "-d")}


def test_what_is_set_can_all_be_given_back(configuration: Configuration) -> None:
    before = snapshot(configuration)
    run(configuration, **PRESENT)
    run(configuration, restore=["*"])
    after = snapshot(configuration)
    assert {name: after[name] for name in before} == before
    assert json.loads(after["owned.json"]) == {"version": 1, "owned": {}}


def test_results(configuration: Configuration) -> None:
    assert results(plan(configuration, **PRESENT, restore=[]), []) == {
        "changed_parameters": ["relayhost", "smtpd_milters"],
        "changed_services": ["submission/inet"],
        "restart_required": False,
        "restart_reasons": [],
        "unchecked": [],
    }
    made = plan(configuration, main={"inet_interfaces": "loopback-only"})
    needed = results(made, made.restart_reasons)
    assert needed["restart_required"] is True
    assert needed["restart_reasons"] == ["inet_interfaces: the master process binds to its addresses at its start"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"main": {"relay_host": "x"}}, "main.cf: Postfix 3.10.5 has no parameter relay_host"),
        ({"main": {"biff": "maybe"}}, "biff = maybe: not a value of biff; give yes or no"),
        ({"main": {"smtpd_tls_security_level": "strong"}}, "give one of encrypt, may, none"),
        ({"main": {"transport_maps": "mysql:/x"}}, "install the package postfix-mysql"),
        ({"main": {"message_size_limit": "10M"}}, "not a value of message_size_limit; give a number"),
        ({"main": {"inet_interfaces": "192.0.2.9"}}, "Postfix refuses the configuration: no local interface"),
        ({"master": [{"service": "a", "type": "unix", "command": "nosuch"}]}, "there is no daemon nosuch"),
        ({"master": [{"service": "smtp", "type": "inet", "options": {"nosuch": 1}}]}, "has no -o option nosuch"),
    ],
)
def test_what_would_be_wrong_is_refused_and_nothing_changes(
    configuration: Configuration, options: dict[str, Any], told: str
) -> None:
    before = snapshot(configuration)
    with pytest.raises(Rejected, match=told) as caught:
        plan(configuration, **options)
    assert any(told in problem for problem in caught.value.returns["problems"])
    assert snapshot(configuration) == before


def test_all_problems_are_told_at_once(configuration: Configuration) -> None:
    with pytest.raises(Rejected) as caught:
        plan(configuration, main={"biff": "maybe", "nosuch": "x"})
    assert len(caught.value.returns["problems"]) == 2
    assert all(problem in str(caught.value) for problem in caught.value.returns["problems"])


def test_what_was_wrong_before_is_a_warning(configuration: Configuration) -> None:
    with Path(configuration.config_dir, "main.cf").open("a") as stream:
        stream.write("typo = secret\n")
    made = plan(configuration, main={"relayhost": "[mx]"})
    assert made.warnings == [
        "main.cf: Postfix 3.10.5 has no parameter typo, and nothing refers to it; correct the name (it was so before)"
    ]
    # What stood there wrong may be mended, and a second mistake is still one.
    assert plan(configuration, main={"typo": None}).warnings == []
    with pytest.raises(Rejected, match="tpyo"):
        plan(configuration, main={"tpyo": "x"})


def test_what_postfix_refused_before_is_a_warning(configuration: Configuration, programs: FakePrograms) -> None:
    with Path(configuration.config_dir, "main.cf").open("a") as stream:
        stream.write("inet_interfaces = 192.0.2.9\n")
    made = plan(configuration, main={"relayhost": "[mx]"})
    assert made.warnings == ["Postfix refuses the configuration: no local interface (it was so before)"]
    # A mistake of which it is known already is not told to Postfix: it would stand in the mail log.
    programs.calls.clear()
    with pytest.raises(Rejected):
        plan(configuration, main={"biff": "maybe"})
    assert {call[0] for call in programs.calls} == {"postconf"}


def test_a_bare_host(configuration: Configuration, programs: FakePrograms, tmp_path: Path) -> None:
    programs.is_installed = False
    bare = Configuration(str(tmp_path / "nothing" / "postfix"), str(tmp_path / "no" / "owned.json"), None, programs)
    made = plan(bare, **PRESENT)
    assert results(made, [])["changed_parameters"] == ["relayhost", "smtpd_milters"]
    assert results(made, [])["changed_services"] == ["submission/inet"]
    assert made.unchecked == [
        "smtpd_milters: whether Postfix's default has entries that stay",
        "main.cf: names, values, map types and daemons, as Postfix is not installed",
        "main.cf: what of it Postfix's package brings itself",
        "master.cf: names, values, map types and daemons, as Postfix is not installed",
        "master.cf: what of it Postfix's package brings itself",
    ]
    assert "does not exist" in made.warnings[0]
    assert programs.calls == []
    with pytest.raises(Unavailable, match="Postfix is not installed"):
        bare.apply(made)
    assert not (tmp_path / "nothing").exists() and not (tmp_path / "no").exists()


def test_postfix_check_has_the_last_word(configuration: Configuration, programs: FakePrograms) -> None:
    programs.refuses = "[mx]:25"
    made = plan(configuration, **PRESENT)
    before = snapshot(configuration)
    with pytest.raises(
        Rejected, match=rf"Postfix refuses the configuration: refused: {configuration.config_dir}/main.cf"
    ):
        configuration.apply(made)
    assert snapshot(configuration) == before


def test_postfix_check_that_refused_before_only_warns(configuration: Configuration, programs: FakePrograms) -> None:
    programs.refuses = "no"
    warnings = configuration.apply(plan(configuration, main={"relayhost": "[mx]"}))
    assert len(warnings) == 1 and "it was so before" in warnings[0]
    assert "relayhost = [mx]\n" in Path(configuration.config_dir, "main.cf").read_text()


def test_mode_and_owner_stay(configuration: Configuration) -> None:
    path = Path(configuration.config_dir, "main.cf")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    known = path.stat()
    run(configuration, **PRESENT)
    found = path.stat()
    assert (found.st_mode, found.st_uid, found.st_gid) == (known.st_mode, known.st_uid, known.st_gid)
    assert found.st_ino != known.st_ino


def test_a_link_stays_a_link(configuration: Configuration, tmp_path: Path) -> None:
    path = Path(configuration.config_dir, "main.cf")
    real = tmp_path / "elsewhere.cf"
    path.rename(real)
    path.symlink_to(real)
    run(configuration, main={"relayhost": "[mx]"})
    assert path.is_symlink()
    assert "relayhost = [mx]\n" in real.read_text()


def test_a_missing_main_cf_is_made(configuration: Configuration) -> None:
    path = Path(configuration.config_dir, "main.cf")
    path.unlink()
    run(configuration, main={"relayhost": "[mx]"})
    assert path.read_text() == "relayhost = [mx]\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_bytes_that_are_no_text_survive(configuration: Configuration) -> None:
    path = Path(configuration.config_dir, "main.cf")
    path.write_bytes(b"# gr\xfcn\nrelayhost = gr\xfcn\n")
    run(configuration, main={"relayhost": "[mx]"})
    assert path.read_bytes() == b"# gr\xfcn\nrelayhost = [mx]\n"
    run(configuration, restore=["relayhost"])
    assert path.read_bytes() == b"# gr\xfcn\nrelayhost = gr\xfcn\n"


@pytest.mark.parametrize("killed_at", ["main.cf", "master.cf"])
def test_a_run_that_is_killed_is_completed_by_the_next(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    before = snapshot(configuration)
    replace = staging._replace

    def dying(path: Path, content: bytes) -> None:
        if path.name == killed_at:
            raise KeyboardInterrupt
        replace(path, content)

    monkeypatch.setattr(staging, "_replace", dying)
    with pytest.raises(KeyboardInterrupt):
        run(configuration, **PRESENT)
    left = snapshot(configuration)
    assert left["etc/postfix/master.cf"] == before["etc/postfix/master.cf"]
    # The values before us were noted first.
    assert json.loads(left["owned.json"])["owned"]["postfix.main"][configuration.config_dir] == {
        "relayhost": {"before": "", "owner": "test"}
    }
    monkeypatch.undo()
    assert run(configuration, **PRESENT).changed
    run(configuration, restore=["*"])
    after = snapshot(configuration)
    assert {name: after[name] for name in before} == before


def test_a_file_that_somebody_else_changes_meanwhile_is_not_overwritten(configuration: Configuration) -> None:
    made = plan(configuration, **PRESENT)
    path = Path(configuration.config_dir, "main.cf")
    path.write_text("biff = yes\n")
    with pytest.raises(Conflict, match=r"main.cf was changed by somebody else during this run; run again"):
        configuration.apply(made)
    assert path.read_text() == "biff = yes\n"
    assert not Path(configuration.ledger_path).exists()


def test_the_staged_copy_is_private_whole_and_gone_afterwards(
    configuration: Configuration, programs: FakePrograms, tmp_path: Path
) -> None:
    directory = Path(configuration.config_dir)
    (directory / "sasl").mkdir()
    (directory / "sasl" / "passwd").write_text("secret")
    (directory / "sasl" / "passwd").chmod(0o600)
    with (directory / "large.lmdb").open("wb") as stream:
        stream.truncate(2 * 1024 * 1024)
    (directory / "sasl" / "nowhere").symlink_to("/no/such/file")
    (directory / "sasl" / "above").symlink_to("..")
    (directory / "sasl" / "passwd2").symlink_to("passwd")
    (directory / "main.cf").rename(tmp_path / "etc" / "main.cf")
    (directory / "main.cf").symlink_to("../main.cf")
    with staging.staged(str(directory), {"main.cf": "biff = yes\n", "master.cf": None}, configuration.workdir) as copy:
        staged = Path(copy.directory)
        assert staged.parent.stat().st_mode & 0o777 == 0o700
        assert (staged / "sasl" / "passwd").stat().st_mode & 0o777 == 0o600
        assert (staged / "sasl" / "passwd2").read_text() == "secret"
        assert {path.name for path in (staged / "sasl").iterdir()} == {"passwd", "passwd2"}
        assert (staged / "large.lmdb").stat().st_size == 0
        assert (staged / "main.cf").read_text() == "biff = yes\n"
        # Postfix's programs wait for a file that is younger than two seconds.
        assert (staged / "main.cf").stat().st_mtime < 1_000_000_000
        assert not (staged / "master.cf").exists()
        assert Path(copy.plain, "main.cf").read_text() == ""
    assert not staged.exists()
    run(configuration, **PRESENT)
    assert list((tmp_path / "work").iterdir()) == []


def test_an_unreadable_ledger_stops_everything(configuration: Configuration) -> None:
    Path(configuration.ledger_path).write_text("{")
    with pytest.raises(MailwrightError, match="is damaged"):
        plan(configuration, **PRESENT)


def test_a_program_that_is_missing_or_fails_is_named() -> None:
    programs = staging.RealPrograms()
    with pytest.raises(Unavailable, match="no-such-program is not installed"):
        programs.run("no-such-program")
    with pytest.raises(Unavailable, match=r"daemon_directory /no/such cannot be read"):
        programs.daemons("/no/such")
    outcome = programs.run("sh", "-c", "echo out; echo err >&2; echo $LC_ALL$MAIL_CONFIG; exit 3")
    assert outcome == staging.Outcome(3, "out\nC\n", "err\n")


def test_a_refusal_tells_no_values_and_no_staging_path() -> None:
    errors = (
        "postconf: warning: /stage/main.cf: unused parameter: password=secret\n"
        "postconf: fatal: /stage/main.cf, line 2: missing '=' after attribute name\n"
    )
    told = staging._refusal(staging.Outcome(1, "", errors), "/stage", "/etc/postfix")
    assert told == "Postfix refuses the configuration: /etc/postfix/main.cf, line 2: missing '=' after attribute name"
    silent = staging._refusal(staging.Outcome(1, "", ""), "/stage", "/etc/postfix")
    assert silent == "Postfix refuses the configuration: exit status 1 (the mail log may say why)"
