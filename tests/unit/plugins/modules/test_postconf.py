# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The postconf module as Ansible calls it, with Postfix's programs replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.mailwright.mail.plugins.module_utils.postfix import staging
from ansible_collections.mailwright.mail.plugins.modules import postconf

Caller = Callable[..., dict[str, Any]]
WANTED = {
    "main": {"relayhost": "[mx]:25", "biff": True},
    "lists": [{"parameter": "smtpd_milters", "present": ["inet:localhost:11332"]}],
    "master": [{"service": "submission", "type": "inet", "private": False, "command": "smtpd"}],
    "owner": "example",
}


def _run(self: staging.RealPrograms, *command: str) -> staging.Outcome:
    """Answer as a Postfix that has everything and finds nothing wrong."""
    if command[-1] in ("-d", "-x") and "-P" not in command:
        return staging.Outcome(0, "daemon_directory = /daemons\nmail_version = 3.10.5\nsmtpd_milters =\n", "")
    return staging.Outcome(0, "", "")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Caller:
    """Call the module with options and return what it returns."""
    directory = tmp_path / "postfix"
    directory.mkdir()
    (directory / "main.cf").write_text("# here\nbiff = no\n")
    (directory / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    monkeypatch.setattr(staging.RealPrograms, "installed", lambda self: True)
    monkeypatch.setattr(staging.RealPrograms, "daemons", lambda self, directory: frozenset({"smtpd"}))
    monkeypatch.setattr(staging.RealPrograms, "run", _run)

    def call(check: bool = False, diff: bool = True, **options: Any) -> dict[str, Any]:
        arguments = {
            "config_dir": str(directory),
            "ledger": str(tmp_path / "owned.json"),
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            "_ansible_remote_tmp": str(tmp_path),
            "_ansible_keep_remote_files": False,
            **options,
        }
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        capsys.readouterr()
        with pytest.raises(SystemExit):
            postconf.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def test_four_runs_present_and_back(call: Caller, tmp_path: Path) -> None:
    files = [tmp_path / "postfix" / name for name in ("main.cf", "master.cf")]
    texts = [path.read_text() for path in files]
    back = {"restore": ["*"], "owner": "example"}
    for options in (WANTED, back):
        before = [path.read_text() for path in files]
        predicted = call(check=True, **options)
        assert [path.read_text() for path in files] == before
        done = call(**options)
        for result in (predicted, done):
            # ansible-core up to 2.19 echoes the options, check mode among them; newer ones only when asked to.
            result.pop("invocation", None)
        assert predicted == done
        assert done["changed"] is True
        assert done["changed_parameters"] == ["biff", "relayhost", "smtpd_milters"]
        assert done["changed_services"] == ["submission/inet"]
        assert [part["after"] for part in done["diff"]] == [path.read_text() for path in files]
        assert call(check=True, **options)["changed"] is False
        again = call(**options)
        assert (again["changed"], again["changed_parameters"], again["diff"]) == (False, [], [])
    assert [path.read_text() for path in files] == texts


def test_a_boolean_given_as_text_or_not_is_the_same(call: Caller, tmp_path: Path) -> None:
    service = {"service": "submission", "type": "inet", "command": "smtpd"}
    call(master=[{**service, "private": False, "chroot": "n"}])
    line = "submission inet  n       -       n       -       -       smtpd\n"
    assert line in (tmp_path / "postfix" / "master.cf").read_text()
    assert call(master=[{**service, "private": "no", "chroot": "false"}])["changed"] is False


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"main": {"relayhost": "a\nb"}}, "value of relayhost 'a\\nb': has a line break"),
        ({"main": {"no name": "x"}}, "main.cf parameter 'no name'"),
        ({"main": "relayhost"}, "dictionary requested"),
        ({"lists": [{"present": ["a"]}]}, "missing required arguments: parameter"),
        ({"lists": [{"parameter": "a", "position": "middle"}]}, "must be one of: first, last"),
        ({"master": [{"service": "x", "type": "tcp"}]}, "must be one of: inet, unix"),
        ({"master": [{"service": "x", "type": "unix", "command": "nosuch"}]}, "there is no daemon nosuch"),
    ],
)
def test_bad_input_changes_nothing(call: Caller, tmp_path: Path, options: dict[str, Any], told: str) -> None:
    before = {path: path.read_bytes() for path in (tmp_path / "postfix").iterdir()}
    for check in (True, False):
        result = call(check=check, **options)
        assert result["failed"] is True
        assert told in result["msg"]
    assert {path: path.read_bytes() for path in (tmp_path / "postfix").iterdir()} == before
    assert not (tmp_path / "owned.json").exists()


def test_bytes_that_are_no_text_neither_stop_a_run_nor_its_diff(call: Caller, tmp_path: Path) -> None:
    """From ansible-core 2.19 on, the controller refuses a result that is not UTF-8."""
    main = tmp_path / "postfix" / "main.cf"
    main.write_bytes(b"# gr\xfcn\nrelayhost = gr\xfcn\n")
    for check in (True, False):
        result = call(check=check, main={"relayhost": "[mx]:25"})
        json.dumps(result, ensure_ascii=False).encode()
        assert result["diff"][0]["before"] == "# gr\\xfcn\nrelayhost = gr\\xfcn\n"
    assert main.read_bytes() == b"# gr\xfcn\nrelayhost = [mx]:25\n"


def test_what_postfix_has_not_read_is_told_again(call: Caller, tmp_path: Path) -> None:
    """A run that ended before its handlers leaves the note; the handler removes it, and then nothing is left to do."""
    pending = tmp_path / "run" / "postfix" / "postconf"
    wanted = {"main": {"inet_interfaces": "loopback-only"}, "pending": str(pending)}
    assert call(check=True, **wanted)["restart_required"]
    assert not pending.exists()
    assert call(**wanted)["changed"]
    assert pending.exists()
    for check in (True, False):
        again = call(check=check, **wanted)
        assert (again["changed"], again["changed_parameters"]) == (True, [])
        assert again["restart_reasons"] == ["inet_interfaces: the master process binds to its addresses at its start"]
        assert str(pending) in again["diff"][-1]["prepared"]
    more = call(**{**wanted, "main": {"relayhost": "[mx]:25"}})
    assert (more["changed_parameters"], more["restart_required"]) == (["relayhost"], True)
    pending.unlink()
    read = call(**{**wanted, "main": {"relayhost": "[mx]:25"}})
    assert (read["changed"], read["restart_required"]) == (False, False)
    assert not pending.exists()


def test_a_change_that_is_refused_is_not_pending(call: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: staging.RealPrograms, *command: str) -> staging.Outcome:
        if command[-1] == "check" and "relayhost" in Path(command[2], "main.cf").read_text():
            return staging.Outcome(1, "", "postfix: fatal: no\n")
        return _run(self, *command)

    pending = tmp_path / "pending"
    monkeypatch.setattr(staging.RealPrograms, "run", refuse)
    assert call(main={"relayhost": "[mx]:25"}, pending=str(pending))["failed"]
    assert not pending.exists()


def test_a_note_that_cannot_be_written_stops_the_run(call: Caller, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = call(main={"relayhost": "[mx]:25"}, pending=str(tmp_path / "file" / "pending"))
    assert result["failed"]
    assert "cannot be written" in result["msg"]
    assert (tmp_path / "postfix" / "main.cf").read_text() == "# here\nbiff = no\n"
