# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API client decides alone: when to ask again, what answers mean, what becomes of a password."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict, MailwrightError, Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.answers import (
    read_account,
    read_connected,
    read_credentials,
    read_domain_statistics,
    read_domains,
    read_issued,
    read_logs,
)
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.credential_plan import Action, Wanted, decide
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.errors import (
    Declined,
    KeyRefused,
    NoAnswer,
    NotSent,
    ServerFailed,
    TooMany,
    is_unsure,
)
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.model import Credential, Record
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.records import read_record, spf_mechanisms
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.retry import Repeat, pause_before, seconds_asked
from ansible_collections.mailwright.mail.plugins.module_utils.cybermail.state import Known

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
D = "example.com"


@pytest.mark.parametrize(
    ("error", "always", "if_not_done"),
    [
        (NotSent("x"), 1.0, 1.0),
        (TooMany("x"), 1.0, 1.0),
        (TooMany("x", "7"), 7.0, 7.0),
        (TooMany("x", "61"), None, None),
        (NoAnswer("x"), 1.0, None),
        (ServerFailed("x"), 1.0, None),
        (ServerFailed("x", "0"), 0.0, None),
        (KeyRefused("x"), None, None),
        (Declined("x"), None, None),
    ],
)
def test_what_is_asked_again(error: MailwrightError, always: float | None, if_not_done: float | None) -> None:
    assert pause_before(error, Repeat.ALWAYS, 1, NOW) == always
    assert pause_before(error, Repeat.IF_NOT_DONE, 1, NOW) == if_not_done


def test_pauses_double_up_to_a_minute() -> None:
    pauses = [pause_before(NotSent("x"), Repeat.ALWAYS, tried, NOW) for tried in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("0", 0),
        (" 12 ", 12),
        ("Fri, 06 Mar 2026 12:00:30 GMT", 30),
        ("Fri, 06 Mar 2026 12:00:30 -0000", 30),
        ("Fri, 06 Mar 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert seconds_asked(text, NOW) == seconds


def test_only_answers_that_are_missing_leave_doubt() -> None:
    assert [is_unsure(kind("x")) for kind in (NoAnswer, ServerFailed)] == [True, True]
    assert [is_unsure(kind("x")) for kind in (NotSent, TooMany, KeyRefused, Declined, Unavailable)] == [False] * 5


@pytest.mark.parametrize(
    ("row", "record"),
    [
        ({"host": "@", "type": "txt", "value": " v=spf1 -all "}, Record(D, "TXT", "v=spf1 -all")),
        ({"host": "", "type": "TXT", "value": '"a b"'}, Record(D, "TXT", "a b")),
        ({"name": D, "type": "TXT", "value": '"a" "b"', "ttl": 60}, Record(D, "TXT", "ab", 60)),
        ({"host": "x", "type": "TXT", "value": r'"a\"b"', "ttl": 0}, Record(f"x.{D}", "TXT", 'a"b')),
        ({"host": "x", "type": "TXT", "value": 'a "b"', "ttl": True}, Record(f"x.{D}", "TXT", 'a "b"')),
        ({"host": f"K._domainkey.{D}.", "type": "TXT", "value": "k"}, Record(f"k._domainkey.{D}", "TXT", "k")),
        ({"host": "@", "type": "MX", "value": "m.e.x", "priority": 10}, Record(D, "MX", "10 m.e.x")),
        ({"host": "@", "type": "MX", "value": "5 m.e.x", "priority": 10}, Record(D, "MX", "5 m.e.x")),
        ({"host": "b", "type": "CNAME", "value": "b.e.x", "priority": 0}, Record(f"b.{D}", "CNAME", "b.e.x")),
    ],
)
def test_records_in_all_the_ways_of_writing_them(row: dict[str, Any], record: Record) -> None:
    assert read_record(row, D) == record


@pytest.mark.parametrize(
    "row",
    [
        {"host": "@", "type": "TXT", "value": ""},
        {"host": 1, "type": "TXT", "value": "a"},
        {"type": "TXT", "value": "a"},
        {"host": "@", "value": "a"},
        {"host": "a b", "type": "TXT", "value": "a"},
        {"host": "www.example.org.", "type": "TXT", "value": "a"},
        {"host": "@", "type": "TXT", "value": "a\nb"},
    ],
)
def test_what_is_no_record_of_the_domain(row: dict[str, Any]) -> None:
    with pytest.raises(NoAnswer):
        read_record(row, D)


def test_the_mechanisms_of_an_spf_record() -> None:
    records = [Record(D, "TXT", "v=spf1 include:a.example ip4:192.0.2.1 exp=x.example ~all"), Record(D, "TXT", "b")]
    assert spf_mechanisms([*records, Record(f"x.{D}", "TXT", "v=spf1 mx -all")], D) == [
        "include:a.example",
        "ip4:192.0.2.1",
    ]


def test_answers_in_the_forms_that_are_known() -> None:
    account = {"id": "7", "plan_name": "Pro", "emails_per_month": True}
    assert read_account({"account": account}, "a@b.example").shown() == {
        "email": "a@b.example",
        "account_id": 7,
        "plan_name": "Pro",
        "plan_slug": None,
        "emails_per_month": None,
    }
    (domain,) = read_domains([{"domain": "B\u00fccher.example", "id": 3, "spf_verified": True, "dkim_verified": "yes"}])
    assert (domain.name, domain.domain_id, domain.verified.missing()) == (
        "xn--bcher-kva.example",
        3,
        ["DKIM", "DMARC"],
    )
    assert [one.credential_id for one in read_credentials({"credentials": [row(9), row(8)]})] == [8, 9]
    known = Credential(4, "u", "d", "h.example", 25)
    issued = read_issued({"new_password": "p", "username": "u2"}, "d", known)
    assert (issued.credential, issued.password) == (replace(known, username="u2"), "p")
    assert read_domain_statistics({"domains": [{"domain": "b"}, {"domain": "a"}]}) == [{"domain": "a"}, {"domain": "b"}]
    logs = read_logs({"logs": [{"queued_at": 1, "from_email": 2, "to_email": 3, "id": 4}], "page": 1, "total_pages": 2})
    assert logs["entries"] == [{"date": 1, "from": 2, "to": 3, "id": 4}]
    assert (logs["page"], logs["total_pages"], logs["total"]) == (1, 2, None)


def row(number: int) -> dict[str, Any]:
    return {"id": number, "username": f"u{number}", "description": "d", "password": "old"}


def test_secrets_stand_in_no_representation() -> None:
    connected = read_connected({"api_key": "secret-key"}, "a@b.example")
    issued = read_issued({**row(1), "password": "secret-pw"}, "d")
    assert "secret" not in f"{connected!r} {issued!r} {issued.credential.shown()!r}"


@pytest.mark.parametrize("data", [{}, {"api_key": ""}, {"api_key": "two words"}, {"api_key": 5}, [], "secret"])
def test_connecting_takes_a_key_of_one_word(data: Any) -> None:
    with pytest.raises(NoAnswer) as error:
        read_connected(data, "a@b.example")
    assert "two words" not in str(error.value)
    assert "'secret'" not in str(error.value)


WANTED = Wanted("d", password_file="/f")
FOUND = [Credential(4, "u", "d")]
FRESH = Known(4, NOW.isoformat(), "/f")
OLD = replace(FRESH, issued=(NOW - timedelta(days=30)).isoformat())


@pytest.mark.parametrize(
    ("wanted", "found", "known", "file_there", "action"),
    [
        (WANTED, [], None, False, Action.CREATE),
        # It was deleted elsewhere; the file is the one that we wrote.
        (WANTED, [], OLD, True, Action.CREATE),
        (WANTED, FOUND, FRESH, True, Action.KEEP),
        (WANTED, FOUND, OLD, True, Action.KEEP),
        (WANTED, FOUND, None, True, Action.KEEP),
        (replace(WANTED, password_file="", returned=True), FOUND, None, False, Action.KEEP),
        (replace(WANTED, rotate_after=30 * 86400), FOUND, OLD, True, Action.ROTATE),
        (replace(WANTED, rotate_after=30 * 86400 + 1), FOUND, OLD, True, Action.KEEP),
        (replace(WANTED, rotate_after=3600), FOUND, None, True, Action.KEEP),
        # What is known is of a credential of the same name that is gone.
        (replace(WANTED, rotate_after=3600), FOUND, replace(OLD, credential_id=3), True, Action.KEEP),
        (replace(WANTED, rotate_now=True), FOUND, FRESH, True, Action.KEEP),
        (replace(WANTED, rotate_now=True), FOUND, FRESH, False, Action.ROTATE),
        (replace(WANTED, rotate_now=True), FOUND, OLD, True, Action.ROTATE),
        (replace(WANTED, rotate_now=True), FOUND, None, True, Action.ROTATE),
        (WANTED, FOUND, replace(FRESH, unsure=True), True, Action.ROTATE),
        (WANTED, FOUND, Known(unsure=True), False, Action.ROTATE),
        (WANTED, [], Known(unsure=True), False, Action.CREATE),
        (replace(WANTED, present=False), FOUND, None, False, Action.DELETE),
        (replace(WANTED, present=False), [], OLD, False, Action.FORGET),
        (replace(WANTED, present=False), [], None, True, Action.FORGET),
        (replace(WANTED, present=False), [], None, False, Action.KEEP),
        (replace(WANTED, present=False, credential_id=9), FOUND, None, False, Action.KEEP),
    ],
)
def test_what_becomes_of_a_credential(
    wanted: Wanted, found: list[Credential], known: Known | None, file_there: bool, action: Action
) -> None:
    assert decide(wanted, found, known, file_there, NOW).action is action


@pytest.mark.parametrize(
    ("wanted", "found", "known", "file_there", "told"),
    [
        (WANTED, FOUND, OLD, False, "it was written to /f"),
        (WANTED, [], None, True, "holds something else"),
        (WANTED, [], replace(OLD, password_file="/g"), True, "holds something else"),
        (WANTED, FOUND * 2, None, True, "2 credentials are called so, 4, 4"),
        (replace(WANTED, password_file="", rotate_after=3600), FOUND, OLD, False, "nobody would get to know it"),
    ],
)
def test_what_a_person_has_to_decide(
    wanted: Wanted, found: list[Credential], known: Known | None, file_there: bool, told: str
) -> None:
    with pytest.raises(Conflict, match=told):
        decide(wanted, found, known, file_there, NOW)
