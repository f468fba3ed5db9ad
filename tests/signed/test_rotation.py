# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""D03: DKIM keys are rotated under a stream of mail, and every message verifies at every moment."""

from __future__ import annotations

import pytest
from signed.experiment import ENDED_KEYS, Outcome, Run

ALGORITHMS = {"rsa-sha256", "ed25519-sha256"}
# A second, of all hosts together.
LEAST_RATE = 5.0
# On a machine that does much else beside.
LONGEST_PAUSE_SECONDS = 10.0
LEAST_ROTATIONS = 3
# Clients of a host that have a session open; see remote/dkim_stream.py.
SESSIONS = 6

pytestmark = pytest.mark.parametrize("host", ["signed12", "signed13"])


def of_plan(rotated: Outcome, plan: str) -> list[Run]:
    return [run for run in rotated.runs if run.plan == plan]


def test_d03_every_message_verifies_at_every_moment(rotated: Outcome, host: str) -> None:
    """With dkimpy for both algorithms, Mail::DKIM for RSA and Rspamd; see remote/dkim_watch.py."""
    faults = rotated.told.faults(host)
    behind = rotated.told.behind(host)
    assert not faults, f"{len(faults)} faults, found {behind:.1f} s after a message at the latest, such as {faults[:5]}"


def test_d03_both_algorithms_sign_every_message(rotated: Outcome, host: str) -> None:
    signed = [message["signatures"] for message in rotated.told.seen[host]]
    lacking = [one for one in signed if sorted(one.values()) != sorted(ALGORITHMS)]
    assert not lacking, f"{len(lacking)} of {len(signed)} messages, such as {lacking[:5]}"


def test_d03_no_message_is_refused_lost_or_doubled(rotated: Outcome, host: str) -> None:
    """Rspamd may leave a session when it reads another list; Postfix then puts the message off, but refuses nothing."""
    came = sorted(message["token"] for message in rotated.told.seen[host])
    assert came == sorted(rotated.told.sent[host])
    refused = [said for said in rotated.told.refused[host] if "(451, b'4.7.1 " not in said]
    assert not refused, refused[:5]
    # No more than the sessions that were open at each reload.
    assert len(rotated.told.refused[host]) <= SESSIONS * len(rotated.runs)


def test_d03_the_stream_never_slackens(rotated: Outcome, host: str) -> None:
    assert sum(rotated.told.rate(name) for name in rotated.told.sent) >= LEAST_RATE
    assert rotated.told.pause(host) < LONGEST_PAUSE_SECONDS


def test_d03_keys_were_rotated_to_the_end(rotated: Outcome, host: str) -> None:
    """Several keys of each algorithm signed, and the first of them were revoked, removed and archived."""
    for algorithm in ALGORITHMS:
        signers = {
            selector: None
            for message in rotated.told.seen[host]
            for selector, name in message["signatures"].items()
            if name == algorithm
        }
        shown = {selector: [state for state, _since in rotated.told.records[host][selector]] for selector in signers}
        assert len(signers) > LEAST_ROTATIONS, shown
        ended = [selector for selector, states in shown.items() if states == ["good", "revoked", "gone"]]
        assert len(ended) >= ENDED_KEYS, shown
        assert all(["good", "revoked", "gone"][: len(states)] == states for states in shown.values()), shown
        assert rotated.archived[host].issuperset(ended), rotated.archived[host]


def test_d03_runs_that_nothing_disturbs_succeed(rotated: Outcome, host: str) -> None:
    for run in of_plan(rotated, ""):
        assert run.status == 0, run.output


def test_d03_a_run_is_killed_half_way(rotated: Outcome, host: str) -> None:
    """What the stream tells of it is judged above; here, that it did happen."""
    for plan in ("killed at the list", "killed at a key"):
        runs = of_plan(rotated, plan)
        assert any(run.killed[host] == 1 for run in runs), [run.output for run in runs]


def test_d03_a_server_that_is_down_holds_the_switch_up(rotated: Outcome, host: str) -> None:
    runs = of_plan(rotated, "a server that is down")
    assert runs
    for run in runs:
        assert run.before[host] == run.after[host]
        assert "its record is not shown by some name servers" in run.output


def test_d03_dns_answered_all_the_time(rotated: Outcome, host: str) -> None:
    assert not rotated.told.unanswered[host]


def test_d03_the_judge_finds_what_is_wrong(rotated: Outcome, host: str) -> None:
    """A changed message, records that are gone, and, as they are now, those of keys that were removed."""
    controls, records = rotated.told.controls[host], rotated.told.records[host]
    assert len(controls["changed"]) == len(ALGORITHMS)
    assert len(controls["no record"]) == len(ALGORITHMS) * len(rotated.told.seen[host])
    for selector, states in records.items():
        assert bool(controls[f"now {selector}"]) == (states[-1][0] != "good"), selector
    # The record of the first host's RSA key was not there at all.
    faults = rotated.without_record.faults(host)
    if host == "signed12":
        assert len(faults) >= len(rotated.without_record.seen[host]) > 0
        assert any("Mail::DKIM" in fault for fault in faults)
        assert not any("ed25519" in fault and "name server" in fault for fault in faults)
    else:
        assert not faults
