# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy service of the role postfix: what it decides, and how it speaks to smtpd and to postmap."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[4] / "roles/postfix/templates/policy/allow_from.py"
TABLE = {
    "board@example.com": "alice@example.com, bob+lists@example.com, @friends.example",
    "open@lists.example": "*",
    "@lists.example": "carol@example.org",
}
PASS, REFUSE, DEFER = "DUNNO", "550 5.7.1 ", "451 4.3.0 "


@pytest.fixture(scope="module")
def policy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("allow_from", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # The module runs as it does on a host: nothing but itself and Python's own library.
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("sender", "recipient", "action"),
    [
        ("alice@example.com", "board@example.com", PASS),
        ("ALICE@Example.COM", "Board@EXAMPLE.com", PASS),
        ("alice+tag@example.com", "board+tag@example.com", PASS),
        ("bob+lists@example.com", "board@example.com", PASS),
        ("Any.Body@Friends.example", "board@example.com", PASS),
        ("a b@friends.example", "board@example.com", PASS),
        ("carol@example.org", "caught@lists.example", PASS),
        ("carol@example.org", "a b@lists.example", PASS),
        ("", "open@lists.example", PASS),
        ("anybody@evil.example", "open+tag@lists.example", PASS),
        # Only with the tag that is listed.
        ("bob@example.com", "board@example.com", REFUSE),
        ("bob+other@example.com", "board@example.com", REFUSE),
        ("", "board@example.com", REFUSE),
        ("alice", "board@example.com", REFUSE),
        ("@example.com", "board@example.com", REFUSE),
        ("@friends.example", "board@example.com", REFUSE),
        ("+tag@example.com", "board@example.com", REFUSE),
        ("somebody@sub.friends.example", "board@example.com", REFUSE),
        ("alice@example.com@evil.example", "board@example.com", REFUSE),
        ("alice@example.com, x@evil.example", "board@example.com", REFUSE),
        ("*", "board@example.com", REFUSE),
        ("*@evil.example", "board@example.com", REFUSE),
        ("%s@evil.example", "board@example.com", REFUSE),
        ("alice@example.com\ufffd", "board@example.com", REFUSE),
        # KELVIN SIGN and the like become ASCII by Unicode's rules for lower case, and must not by ours.
        ("\udce2\udc84\udcaa@friends.example", "board@example.com", PASS),
        ("alice@\udce2\udc84\udcaafriends.example", "board@example.com", REFUSE),
        ("a" * 5000 + "@example.com", "board@example.com", REFUSE),
        ("carol+tag@example.org", "caught+tag@lists.example", PASS),
        ("alice@example.com", "caught@lists.example", REFUSE),
        ("alice@example.com", '"quoted"@lists.example', REFUSE),
        ("alice@example.com", "a" * 5000 + "@lists.example", REFUSE),
    ],
)
def test_decisions(policy: ModuleType, sender: str, recipient: str, action: str) -> None:
    assert policy.decide(sender, recipient, TABLE).startswith(action)


@pytest.mark.parametrize("recipient", ["unknown@example.com", "", "board", "@", "board@example.com@evil.example"])
def test_what_the_table_does_not_know_is_neither_let_through_nor_refused(policy: ModuleType, recipient: str) -> None:
    with pytest.raises(policy.Unknown):
        policy.decide("alice@example.com", recipient, TABLE)


def test_only_what_can_be_listed_is_looked_for(policy: ModuleType) -> None:
    assert policy.keys("Board+X@Example.com") == ["board+x@example.com", "board@example.com", "@example.com"]
    assert policy.keys("board@example.com") == ["board@example.com", "@example.com"]
    assert policy.keys("+x@example.com") == ["+x@example.com", "@example.com"]
    assert policy.keys("a\nb@example.com") == ["@example.com"]
    assert policy.keys("a b@example.com\n") == []
    assert policy.keys("ä@example.com") == ["@example.com"]
    assert policy.keys("a" * 65 + "@example.com") == ["@example.com"]
    assert policy.keys("a@" + "b" * 254) == []


FAKE = """\
assert sys.argv[1:] == ["-q", "-", "lmdb:/x"]
found = [(key, TABLE[key]) for key in sys.stdin.read().splitlines() if key in TABLE]
for pair in found:
    print(*pair, sep="\\t")
sys.exit(not found)
"""


class Service:
    """The service with a postmap of the test's own, which by default finds in `TABLE`."""

    def __init__(self, policy: ModuleType, postmap: Path) -> None:
        self._policy = policy
        self._postmap = postmap
        self.logged: list[str] = []

    def ask(self, asked: bytes, postmap: str = FAKE) -> tuple[int, str]:
        """Return the exit status and what is answered to the bytes ``asked``."""
        self._postmap.write_text(f"#!{sys.executable}\nimport sys\nTABLE = {TABLE!r}\n{postmap}")
        self._postmap.chmod(0o755)
        sink = io.BytesIO()
        status: int = self._policy.serve(io.BytesIO(asked), sink, "lmdb:/x")
        return status, sink.getvalue().decode()


@pytest.fixture
def service(policy: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Service:
    made = Service(policy, tmp_path / "postmap")
    monkeypatch.setattr(policy, "POSTMAP", str(tmp_path / "postmap"))
    monkeypatch.setattr(policy.syslog, "syslog", lambda _priority, text: made.logged.append(text))
    return made


def request(sender: str, recipient: str, **more: str) -> bytes:
    attributes = {"request": "smtpd_access_policy", "sender": sender, "recipient": recipient, **more}
    return "".join(f"{name}={value}\n" for name, value in attributes.items()).encode() + b"\n"


def test_requests_are_answered_one_after_another(service: Service) -> None:
    asked = request("alice@example.com", "board@example.com", helo_name="a=b=c", size="0")
    asked += request("bob@example.com", "board@example.com") + request("x@y.example", "unknown@example.com")
    status, answers = service.ask(asked)
    assert status == 0
    actions = [answer.removeprefix("action=") for answer in answers.split("\n\n")[:-1]]
    assert [action[:9] for action in actions] == [PASS, REFUSE[:9], DEFER[:9]]


def test_bytes_in_an_address(service: Service) -> None:
    asked = request("X", "board@example.com").replace(b"X", b"\xff\xfe@friends.example")
    assert service.ask(asked) == (0, "action=DUNNO\n\n")


@pytest.mark.parametrize(
    "broken",
    [
        b"no attribute\n\n",
        b"\n",
        b"request=smtpd_access_policy\nsender=a@b.example\nrecipient=board@exa",
        b"request=smtpd_access_policy\nsender=a@b.example\n\n",
        b"request=smtpd_access_policy\nsender=a@b.example\nrecipient=\n\n",
        b"request=other\nsender=a@b.example\nrecipient=board@example.com\n\n",
        b"helo_name=" + b"x" * 100_000 + b"\n" + request("alice@example.com", "board@example.com"),
    ],
)
def test_what_is_no_request_is_not_answered(service: Service, broken: bytes) -> None:
    assert service.ask(broken) == (1, "")
    assert service.logged


@pytest.mark.parametrize(
    "script",
    [
        "sys.exit('postmap: fatal: open database /x.lmdb: Permission denied')",
        "print('board@example.com\\talice@example.com'); sys.exit('postmap: fatal: half way')",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "sys.exit(0)",
        "print('nonsense')",
    ],
)
def test_when_the_table_cannot_be_read_the_mail_waits(service: Service, script: str) -> None:
    status, answers = service.ask(request("alice@example.com", "board@example.com"), script)
    assert (status, answers[:16]) == (0, f"action={DEFER[:9]}")
    assert service.logged


def test_no_postmap_at_all(policy: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(policy, "POSTMAP", str(tmp_path / "none"))
    with pytest.raises(policy.Unknown):
        policy.look_up(["board@example.com"], "lmdb:/x")


def test_a_postmap_that_hangs(policy: ModuleType, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "POSTMAP_SECONDS", 0.2)
    status, answers = service.ask(request("alice@example.com", "board@example.com"), "import time; time.sleep(60)")
    assert (status, answers[:16]) == (0, f"action={DEFER[:9]}")


def test_it_runs_as_spawn_starts_it() -> None:
    """With nothing but Python's own library, and without an answer to what it was not asked."""
    run = subprocess.run([sys.executable, "-I", "-S", PROGRAM], capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (1, b"", b"")
    run = subprocess.run([sys.executable, "-I", "-S", PROGRAM, "lmdb:/x"], input=b"", capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
