# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The single modules and accounts agree: on random states, one plan does what a plan for each object does.

First the plans alone, on many states; then the modules themselves, from their options to the store.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import encode
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.model import Accounts
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.plan import AccountsPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.publish import credential_rows, postfix_tables
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.sqlite import SqliteStore
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.wanted import parse_wanted
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError
from ansible_collections.mailwright.mail.plugins.plugin_utils.document import plain

RunModule = Callable[..., dict[str, Any]]
DOMAINS = ["a.example", "b.example", "xn--bcher-kva.example"]
NAMES = ["x", "y", "z"]
ADDRESSES = [f"{name}@{domain}" for domain in DOMAINS for name in NAMES]
CATCH_ALLS = [f"@{domain}" for domain in DOMAINS]
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
State = dict[str, list[dict[str, Any]]]
MODULES = {"domains": "domain", "mailboxes": "mailbox", "aliases": "alias", "app_passwords": "app_password"}


def given_some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of dictionaries with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


DOMAIN = given_some(
    {
        "active": st.booleans(),
        "description": st.sampled_from(["", "O'Brien", "{{ x }}"]),
        "max_mailboxes": st.sampled_from([0] * 9 + [1]),
    }
)
MAILBOX = given_some(
    {
        "quota": st.sampled_from(["1K", 2048, "unlimited"]),
        "display_name": st.sampled_from(["", 'say "hi"']),
        "active": st.booleans(),
        "protocols": st.lists(st.sampled_from(["imap", "pop3", "smtp", "sieve"])),
        "send_as": st.lists(st.sampled_from([ADDRESSES[0], CATCH_ALLS[1], "out@example.net"])),
    }
)
APP_PASSWORD = given_some(
    {
        "protocols": st.lists(st.sampled_from(["imap", "smtp"]), min_size=1),
        "expires": st.sampled_from(["never", "2030-01-31", "2030-01-31T12:00:00+01:00"]),
        "active": st.booleans(),
    }
)
ALIAS = given_some({"active": st.booleans(), "exclusive": st.booleans(), "list_members": st.booleans()})


@st.composite
def states(draw: st.DrawFn, *, removing: bool) -> State:
    """A state as a user would ask for it: whatever is to be absent is no destination of what is to be there."""
    state: State = {"domains": [], "mailboxes": [], "aliases": [], "app_passwords": []}
    gone: set[str] = set()
    for name in DOMAINS:
        # A first state has all domains, most of the time; without them, most states would be refused.
        role = draw(st.sampled_from(["present"] * 9 + (["none"] * 3 + ["absent"] if removing else ["none"])))
        if role == "present":
            state["domains"].append({"name": name, **draw(DOMAIN)})
        elif role == "absent":
            state["domains"].append(
                {"name": name, "state": "absent", "cascade": draw(st.sampled_from([True, True, False]))}
            )
            gone.update(address for address in ADDRESSES + CATCH_ALLS if address.endswith(f"@{name}"))
    aliases = []
    for address in ADDRESSES + CATCH_ALLS:
        # An address hardly ever changes its kind.
        usual = "alias" if address.startswith(("@", "z")) else "mailbox"
        kind = usual if address.startswith("@") or draw(st.integers(0, 60)) else "alias"
        absent = removing and draw(st.integers(0, 5)) == 0
        if draw(st.integers(0, 3)) == 0 or (address in gone and not absent):
            continue
        if absent:
            gone.add(address)
            entry = {"address": address, "state": "absent", "cascade": draw(st.sampled_from([True, True, False]))}
            state["mailboxes" if kind == "mailbox" else "aliases"].append(entry)
        elif kind == "mailbox":
            state["mailboxes"].append({"address": address, "password_hash": "*", **draw(MAILBOX)})
        else:
            aliases.append({"address": address, **draw(ALIAS)})
    for entry in state["mailboxes"]:
        if entry.get("state") != "absent" and draw(st.booleans()):
            held = {"mailbox": entry["address"], "name": "phone"}
            absent = removing and draw(st.booleans())
            options = {"state": "absent"} if absent else {"password_hash": HASH, **draw(APP_PASSWORD)}
            state["app_passwords"].append({**held, **options})
    for entry in state["mailboxes"]:
        if "send_as" in entry:
            entry["send_as"] = [name for name in entry["send_as"] if name not in gone]
    for entry in aliases:
        others = [one for one in ADDRESSES if one not in gone and one != entry["address"]]
        entry["destinations"] = draw(st.lists(st.sampled_from([*others, "out@example.net"]), min_size=1, max_size=4))
        state["aliases"].append(entry)
    return state


def plan_of(found: Accounts, state: State) -> AccountsPlan:
    return make_plan(found, parse_wanted(**state), now="now", location="store")


def single_states(state: State) -> Iterator[State]:
    """Yield the state's objects one by one, as a user would order the tasks."""
    order = [
        ("domains", False),
        ("mailboxes", False),
        ("app_passwords", False),
        ("app_passwords", True),
        ("aliases", False),
        ("aliases", True),
        ("mailboxes", True),
        ("domains", True),
    ]
    for key, absent in order:
        for entry in state.get(key, ()):
            if (entry.get("state") == "absent") == absent:
                yield {key: [entry]}


def together(found: Accounts, state: State) -> Accounts | None:
    try:
        return plan_of(found, state).after
    except MailwrightError:
        return None


def led_back(message: str) -> bool:
    """Whether ``message`` refuses a loop: aliases may be one on the way to a state in which they are none."""
    found = "lead back" in message
    if found:
        event("led back")
    return found


def one_by_one(found: Accounts, state: State) -> Accounts | None:
    try:
        for single in single_states(state):
            found = plan_of(found, single).after
    except MailwrightError as error:
        return together(found, state) if led_back(str(error)) else None
    return found


def content(accounts: Accounts | None) -> Any:
    return accounts and tuple(
        dict(kind) for kind in (accounts.domains, accounts.mailboxes, accounts.aliases, accounts.app_passwords)
    )


@given(states(removing=False), states(removing=False))
@settings(max_examples=150, deadline=None)
def test_adding_and_changing(first: State, second: State) -> None:
    found = together(Accounts(), first)
    event(f"first state {'refused' if found is None else 'taken'}")
    assert content(found) == content(one_by_one(Accounts(), first))
    if found is not None:
        assert content(together(found, second)) == content(one_by_one(found, second))


@given(states(removing=False), states(removing=True))
@settings(max_examples=150, deadline=None)
def test_removing(first: State, second: State) -> None:
    """What succeeds one by one succeeds together, with the same result; together also allows what has no order."""
    found = together(Accounts(), first)
    if found is None:
        return
    single = one_by_one(found, second)
    event(f"second state {'refused' if single is None else 'taken'}")
    if single is not None:
        assert content(together(found, second)) == content(single)


@given(states(removing=False), states(removing=True))
@settings(max_examples=150, deadline=None)
def test_the_same_again_changes_nothing(first: State, second: State) -> None:
    found = together(Accounts(), first) or Accounts()
    after = together(found, second)
    if after is not None:
        again = plan_of(after, second)
        assert again.touched == {"domain": [], "mailbox": [], "alias": [], "app_password": []}


@given(st.lists(states(removing=True), min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_the_store_holds_what_the_plans_say(steps: list[State]) -> None:
    with tempfile.TemporaryDirectory() as directory, closing(SqliteStore(f"{directory}/accounts.db")) as store:
        expected = Accounts()
        for step in steps:
            try:
                plan = plan_of(store.read(), step)
            except MailwrightError:
                continue
            if plan.writes:
                expected = store.apply(plan)
            assert content(store.read()) == content(expected)


def apply(run_module: RunModule, path: Path, name: str, options: dict[str, Any]) -> str:
    """Run the module as a task would, its action plugin's part included, and return why it was refused, if it was."""
    try:
        action = importlib.import_module(f"ansible_collections.mailwright.mail.plugins.action.{name}").ActionModule
    except ModuleNotFoundError:
        arguments = dict(options)
    else:
        arguments = {key: value for key, value in options.items() if key not in action.HIDDEN}
        hidden = {key: value for key, value in options.items() if key in action.HIDDEN and value is not None}
        try:
            arguments["document"] = encode(plain(hidden, ""))
        except AnsibleActionFail as error:
            return str(error)
    # Arguments travel as JSON, in which Ansible writes a date as text.
    sent = json.loads(json.dumps(arguments, default=lambda value: value.isoformat()))
    result = run_module(name, path=str(path), **sent)
    return str(result["msg"]) if result.get("failed") else ""


def stored(path: Path) -> Any:
    with closing(SqliteStore(path)) as store:
        return content(store.read())


def assert_agreement(run_module: RunModule, directory: str, state: State) -> bool:
    """Bring both stores under ``directory`` to ``state``, and return whether it was taken."""
    whole, single = Path(directory, "whole", "accounts.db"), Path(directory, "single", "accounts.db")
    before = stored(whole)
    taken = not apply(run_module, whole, "accounts", dict(state))
    steps = [(MODULES[kind], entry) for one in single_states(state) for kind, (entry,) in one.items()]
    answers = (apply(run_module, single, name, options) for name, options in steps)
    # The first that is refused ends a play.
    refused = next((answer for answer in answers if answer), "")
    if taken and led_back(refused):
        return False
    assert taken == (not refused)
    assert stored(whole) == (stored(single) if taken else before)
    return taken


def forwarding(*pairs: tuple[str, str]) -> State:
    aliases = [{"address": f"{alias}@a.example", "destinations": [f"{to}@a.example"]} for alias, to in pairs]
    return {"domains": [{"name": "a.example"}], "mailboxes": [], "aliases": aliases, "app_passwords": []}


@given(states(removing=False), states(removing=False))
@example(forwarding(("z", "y")), forwarding(("y", "z"), ("z", "x")))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_modules_do_the_same(run_module: RunModule, first: State, second: State) -> None:
    with tempfile.TemporaryDirectory() as directory:
        if assert_agreement(run_module, directory, first):
            assert_agreement(run_module, directory, second)


FLAGS = [True, "yes", "y", "t", "off", "n", 1, 1.0, 0.0, " true ", None, "", "maybe", 2, 0.5, [], {}]
TEXTS = ["", "x", 5, 1.5, True, None, dt.date(2024, 1, 2), ["x"], {"x": 1}, "a\nb"]
QUOTAS = ["5G", 5, "0", 1.5, 5.0, True, None, "", dt.date(2024, 1, 2), [5], "5 X"]
LISTS = [[], "", ",", None, 5, 1.5, True, {}, [None], [5], ["a@a.example"], "a@a.example,b@b.example"]
NAMES_GIVEN = ["a.example", "A.Example.", 5, 1.5, True, "", dt.date(2024, 1, 2), ["a.example"], {}]
VALUES: list[tuple[str, dict[str, list[Any]]]] = [
    (
        "domains",
        {
            "name": NAMES_GIVEN,
            "active": FLAGS,
            "cascade": FLAGS,
            "description": TEXTS,
            "imap_host": [*TEXTS, *NAMES_GIVEN],
            "max_mailboxes": [5, 5.0, "5", "5.0", "5e0", " 5", "\u0663", 0, None, "", -1, 5.5, True, [5], "many"],
            "max_quota": QUOTAS,
            "state": ["present", True, None, "", "gone"],
        },
    ),
    (
        "mailboxes",
        {
            "address": [*NAMES_GIVEN, "x@a.example", "X@A.example."],
            "display_name": TEXTS,
            "password_hash": ["*", 5, 1.5, True, None, dt.date(2024, 1, 2), ["*"], {}],
            "password_scheme": ["blf-crypt", *TEXTS],
            "password_options": [
                {"passes": 3},
                {"passes": "3"},
                "passes=3",
                '{"passes": 3}',
                {},
                None,
                "",
                5,
                [3],
                "x",
            ],
            "allow_weak_scheme": FLAGS,
            "protocols": ["imap", "imap,smtp", "imap, smtp", ["imap", "imap"], [" imap"], *LISTS],
            "quota": QUOTAS,
            "rate_limit": ["5/1h", "unlimited", *TEXTS],
            "send_as": [["s@a.example", "S@A.example", "@b.example"], [], "x@a.example", [7], [None], *TEXTS],
            "update_password": ["on_create", True, None, ""],
        },
    ),
    (
        "aliases",
        {
            "address": [*NAMES_GIVEN, "z@a.example", "@A.example."],
            "allow_from": ["@a.example", *LISTS],
            "destinations": ["a@a.example, b@b.example", ["a@a.example", "A@A.example."], *LISTS],
            "exclusive": FLAGS,
            "list_members": FLAGS,
        },
    ),
    (
        "app_passwords",
        {
            "mailbox": [*NAMES_GIVEN, "x@a.example", "X@A.example.", "y@a.example", "z@a.example", "x@nowhere.example"],
            "name": ["a/b", "Phone", " phone", "x" * 64, "x" * 65, "e\u0301", "\u200b", "a\0b", "{{ x }}", *TEXTS],
            "password_hash": ["*", "", HASH, 5, 1.5, True, None, dt.date(2024, 1, 2), ["*"], {}],
            "password_scheme": ["blf-crypt", *TEXTS],
            "allow_weak_scheme": FLAGS,
            "protocols": ["imap", "imap,smtp", ["imap", "imap"], [" imap"], *LISTS],
            "expires": [
                *(
                    "never",
                    "NEVER",
                    "2030-01-31",
                    " 2030-01-31 ",
                    "2030-01-31T12:00Z",
                    "2030-01-31T12:00",
                    "2030-02-31",
                ),
                dt.datetime(2030, 1, 2, tzinfo=dt.UTC),
                dt.datetime(2030, 1, 2),
                *QUOTAS,
                *TEXTS,
            ],
            "active": FLAGS,
            "state": ["present", "absent", True, None, "", "gone"],
            "update_password": ["on_create", True, None, ""],
        },
    ),
]
MINIMAL: dict[str, dict[str, Any]] = {
    "domains": {"name": "a.example"},
    "mailboxes": {"address": "x@a.example", "password_hash": "*"},
    "aliases": {"address": "z@a.example", "destinations": ["out@example.net"]},
    "app_passwords": {"mailbox": "x@a.example", "name": "phone", "password_hash": HASH},
}


@pytest.mark.parametrize(
    ("kind", "option"), [(kind, option) for kind, options in VALUES for option in options], ids=str
)
def test_the_modules_take_and_refuse_the_same_values(run_module: RunModule, kind: str, option: str) -> None:
    for value in dict(VALUES)[kind][option]:
        with tempfile.TemporaryDirectory() as directory:
            # An app password needs somebody; the others bring their own.
            boxes = [MINIMAL["mailboxes"]] if kind == "app_passwords" else []
            state: State = {"domains": [{"name": "a.example"}], "mailboxes": boxes, "aliases": [], "app_passwords": []}
            assert assert_agreement(run_module, directory, state)
            assert_agreement(run_module, directory, {**state, kind: [{**MINIMAL[kind], option: value}]})


@pytest.mark.parametrize("secret", [5, 1.5, True, dt.date(2024, 1, 2), ["secret"], {"secret": 1}])
def test_a_password_that_is_no_text_is_refused_by_both(run_module: RunModule, tmp_path: Path, secret: object) -> None:
    """What was meant cannot be told any more, so that nothing of it may be hashed."""
    box = {"address": "x@a.example", "password": secret}
    for name, options in (("mailbox", box), ("accounts", {"mailboxes": [box]})):
        assert apply(run_module, tmp_path / "accounts.db", name, options)


@pytest.mark.parametrize(("destinations", "exclusive"), [([], False), ("", False), ([], True), (None, False)])
def test_no_destinations_take_none_away(
    run_module: RunModule, tmp_path: Path, destinations: object, exclusive: bool
) -> None:
    state = {"domains": [MINIMAL["domains"]], "mailboxes": [], "aliases": [MINIMAL["aliases"]]}
    assert_agreement(run_module, str(tmp_path), state)
    entry = {"address": "z@a.example", "destinations": destinations, "exclusive": exclusive}
    assert_agreement(run_module, str(tmp_path), {**state, "aliases": [entry]})
    for name in ("whole", "single"):
        assert stored(tmp_path / name / "accounts.db")[2]["z@a.example"].destinations == ("out@example.net",)


def deliver(tables: dict[str, dict[str, str]], address: str) -> set[str]:
    """Return where Postfix delivers mail for ``address``: by virtual_alias_maps until nothing changes any more."""
    reached: set[str] = set()
    seen: set[str] = set()
    waiting = [address]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        domain = name.partition("@")[2]
        found = tables["aliases"].get(name) or tables["aliases"].get(f"@{domain}")
        if found is None or found == name:
            reached.add(name)
        else:
            waiting += found.split(", ")
    return reached


@given(states(removing=False))
@settings(max_examples=150, deadline=None)
def test_postfix_and_dovecot_are_told_the_same(state: State) -> None:
    """Mail to a live mailbox reaches it and nobody else; nothing is delivered to what does not receive."""
    accounts = together(Accounts(), state)
    if accounts is None:
        return
    # What is granted beside is test_publish_senders' matter.
    boxes = {name: replace(box, send_as=()) for name, box in accounts.mailboxes.items()}
    tables = postfix_tables(replace(accounts, mailboxes=boxes))
    active = {row[0] for row in credential_rows(accounts).values() if row[5]}
    assert set(tables["mailboxes"]) == active
    assert not active & set(tables["rejected"])
    # Dovecot, which is handed them by whom smtpd does not ask, knows none of them as active.
    for address in tables["rejected"]:
        assert deliver(tables, address) == {address}
    for address in active:
        assert deliver(tables, address) == {address}
        assert tables["senders"][address] == address
    for alias in set(tables["aliases"]) - set(tables["rejected"]):
        ends = deliver(tables, alias)
        assert ends and all(end in active or end.partition("@")[2] not in accounts.domains for end in ends)
        logins = set(tables["senders"].get(alias, "").split(", ")) - {""}
        if alias not in active:
            assert logins == ends & active or logins == {alias}
