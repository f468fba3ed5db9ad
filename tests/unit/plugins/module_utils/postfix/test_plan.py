# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change as a plan, and the ledger it leads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Entry, Ledger
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.plan import Found, PostconfPlan, make_plan
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.wanted import parse_wanted

DIRECTORY = "/etc/postfix"
DEFAULTS = {"inet_interfaces": "all", "mynetworks": "127.0.0.0/8", "relayhost": "", "smtpd_milters": ""}
MAIN = "# ours and theirs\nrelayhost = \nsmtpd_milters = inet:a:1,\n    inet:b:2\nbiff = no\n"
MASTER = "smtp      inet  n       -       y       -       -       smtpd\n  -o a=b\n# end\n"


class Host:
    """A host on which plans are carried out in memory."""

    def __init__(self, main: str | None = MAIN, master: str | None = MASTER) -> None:
        self.main, self.master, self.ledger = main, master, Ledger()

    def plan(self, owner: str = "test", **options: Any) -> PostconfPlan:
        found = Found(self.main, self.master, self.ledger)
        return make_plan(found, parse_wanted(config_dir=DIRECTORY, owner=owner, **options), DEFAULTS.get)

    def run(self, **options: Any) -> PostconfPlan:
        """Carry a plan out and show that a second one is empty."""
        plan = self.plan(**options)
        self.main, self.master = plan.after["main.cf"], plan.after["master.cf"]
        for change in plan.ledger:
            if change.entry is None:
                self.ledger.release(change.kind, DIRECTORY, change.name)
            else:
                self.ledger.take(change.kind, DIRECTORY, change.name, change.entry.before, change.entry.owner)
        again = self.plan(**options)
        assert not again.changed and not again.changed_files and not again.ledger, again.changes
        return plan

    def owned(self, kind: str) -> dict[str, Entry]:
        return dict(self.ledger.entries(f"postfix.{kind}", DIRECTORY))


def test_nothing_wanted_changes_nothing() -> None:
    plan = Host().plan()
    assert not plan.changed
    assert plan.diff() == []


def test_a_parameter_is_changed_added_and_removed() -> None:
    host = Host()
    plan = host.run(main={"relayhost": "[mx]:25", "mynetworks": "10.0.0.0/8", "biff": None})
    assert host.main == (
        "# ours and theirs\nrelayhost = [mx]:25\nsmtpd_milters = inet:a:1,\n    inet:b:2\nmynetworks = 10.0.0.0/8\n"
    )
    assert [(change.name, change.action) for change in plan.changes] == [
        ("biff", "remove"),
        ("mynetworks", "add"),
        ("relayhost", "change"),
    ]
    assert plan.changed_files == ["main.cf"]
    assert plan.diff() == [
        {
            "before_header": "/etc/postfix/main.cf",
            "after_header": "/etc/postfix/main.cf",
            "before": MAIN,
            "after": host.main,
        }
    ]
    assert host.owned("main") == {
        "relayhost": Entry("", "test"),
        "mynetworks": Entry(None, "test"),
        "biff": Entry("no", "test"),
    }


def test_what_is_as_wanted_is_not_taken_over() -> None:
    host = Host()
    assert not host.run(main={"biff": False, "smtpd_milters": ["inet:a:1", "inet:b:2"], "absent": None}).changed
    assert host.main == MAIN
    assert host.ledger.owned == {}


def test_null_on_a_parameter_of_ours_leaves_no_trace() -> None:
    host = Host()
    host.run(main={"mynetworks": "10.0.0.0/8"})
    host.run(main={"mynetworks": None})
    assert host.main == MAIN
    assert host.owned("main") == {}


def test_the_first_value_before_us_is_the_one_given_back() -> None:
    host = Host()
    host.run(main={"relayhost": "one"})
    host.run(main={"relayhost": "two"})
    host.run(main={"relayhost": None})
    assert host.owned("main") == {"relayhost": Entry("", "test")}
    host.run(restore=["relayhost"])
    assert host.owned("main") == {}
    assert "relayhost =\n" in str(host.main)


def test_all_that_an_owner_set_is_given_back_byte_for_byte() -> None:
    host = Host()
    host.run(
        main={"relayhost": "one", "biff": True, "mynetworks": "10.0.0.0/8"},
        lists=[{"parameter": "smtpd_milters", "present": ["inet:c:3"], "absent": ["inet:a:1"]}],
        master=[
            {
                "service": "smtp",
                "type": "inet",
                "chroot": False,
                "command": "postscreen",
                "options": {"a": "c", "d": "e"},
            },
            {"service": "submission", "type": "inet", "command": "smtpd"},
        ],
    )
    assert host.main != MAIN and host.master != MASTER
    host.run(restore=["*"])
    assert (host.main, host.master, host.ledger.owned) == (MAIN, MASTER, {})


def test_what_another_role_set_is_left() -> None:
    host = Host()
    host.run(owner="postfix", main={"relayhost": "one"})
    plan = host.plan(owner="relay", restore=["*"])
    assert not plan.changed
    plan = host.plan(owner="relay", restore=["relayhost"])
    assert not plan.changed
    assert plan.warnings == ["relayhost is left as it is: it belongs to postfix"]


def test_a_change_of_owner_is_told() -> None:
    host = Host()
    host.run(owner="postfix", main={"relayhost": "one"})
    plan = host.run(owner="relay", main={"relayhost": "two"})
    assert plan.warnings == ["relayhost belonged to postfix and is now set by relay"]
    assert host.owned("main") == {"relayhost": Entry("", "relay")}


def test_two_roles_share_a_list() -> None:
    host = Host(main="biff = no\n")
    entry = {"parameter": "smtpd_milters"}
    host.run(owner="rspamd", lists=[{**entry, "present": ["inet:r:1"]}])
    host.run(owner="dkim", lists=[{**entry, "present": ["inet:d:1", "inet:r:1"], "position": "first"}])
    assert host.main == "biff = no\nsmtpd_milters = inet:d:1, inet:r:1\n"
    assert host.owned("lists") == {
        "smtpd_milters": Entry(None, "rspamd"),
        "smtpd_milters inet:r:1": Entry(None, "rspamd"),
        "smtpd_milters inet:d:1": Entry(None, "dkim"),
    }
    plan = host.plan(owner="postfix", main={"smtpd_milters": "x"})
    assert "others own entries of it" in plan.warnings[0]
    host.run(owner="rspamd", restore=["*"])
    assert host.main == "biff = no\nsmtpd_milters = inet:d:1\n"
    host.run(owner="dkim", lists=[{**entry, "absent": ["inet:d:1"]}])
    assert host.main == "biff = no\n"
    assert host.ledger.owned == {}


def test_a_list_that_main_cf_does_not_set_starts_from_the_default() -> None:
    host = Host(main="")
    host.run(lists=[{"parameter": "mynetworks", "present": ["10.0.0.0/8"]}])
    assert host.main == "mynetworks = 127.0.0.0/8, 10.0.0.0/8\n"
    host.run(lists=[{"parameter": "mynetworks", "absent": ["10.0.0.0/8"]}])
    assert (host.main, host.ledger.owned) == ("", {})


def test_an_entry_that_was_there_goes_and_comes_back_to_its_place() -> None:
    host = Host(main="x = a, b c, d\n")
    host.run(lists=[{"parameter": "x", "absent": ["b c"]}])
    assert host.main == "x = a, d\n"
    assert host.owned("lists") == {
        "x": Entry("a, b c, d", "test"),
        "x b c": Entry({"words": [1, 2]}, "test"),
    }
    host.run(lists=[{"parameter": "x", "present": ["b  c"], "position": "first"}])
    assert host.main == "x = b  c, a, d\n"
    host.run(lists=[{"parameter": "x", "absent": ["d"]}])
    host.run(restore=["x"])
    assert (host.main, host.ledger.owned) == ("x = a, b c, d\n", {})


def test_a_list_that_is_again_as_it_was_belongs_to_nobody() -> None:
    host = Host(main="x = a,\n  b\n")
    host.run(lists=[{"parameter": "x", "absent": ["b"]}])
    host.run(lists=[{"parameter": "x", "present": ["b"]}])
    assert (host.main, host.ledger.owned) == ("x = a,\n  b\n", {})


def test_entries_come_back_in_their_order() -> None:
    """In a list of restrictions the order is the policy."""
    text = "x = permit_mynetworks, reject_unknown_client_hostname, permit\n"
    host = Host(main=text)
    host.run(lists=[{"parameter": "x", "absent": ["permit_mynetworks", "reject_unknown_client_hostname"]}])
    host.run(restore=["*"])
    assert host.main == text


def test_entries_come_back_beside_those_that_are_put_in() -> None:
    host = Host(main="x = a, b, c\n")
    host.run(owner="one", lists=[{"parameter": "x", "absent": ["c"], "present": ["n"], "position": "first"}])
    host.run(owner="two", lists=[{"parameter": "x", "absent": ["a", "b"], "present": ["m"]}])
    assert host.main == "x = n, m\n"
    host.run(owner="two", restore=["*"])
    assert host.main == "x = n, a, b\n"
    host.run(owner="one", restore=["*"])
    assert (host.main, host.ledger.owned) == ("x = a, b, c\n", {})


def test_what_somebody_else_does_to_a_list_meanwhile_stays() -> None:
    host = Host(main="x = a, b, c, d\n")
    host.run(lists=[{"parameter": "x", "absent": ["b", "c"], "present": ["n"]}])
    host.main = "x = new, a, d, later, n\n"
    host.run(restore=["*"])
    assert (host.main, host.ledger.owned) == ("x = new, a, b, c, d, later\n", {})
    host.run(lists=[{"parameter": "x", "absent": ["b", "c"]}])
    host.main = "x = new, a, b, d, later\n"
    host.run(restore=["*"])
    assert host.main == "x = new, a, b, c, d, later\n"
    host.run(lists=[{"parameter": "x", "absent": ["a"]}])
    host.run(lists=[{"parameter": "x", "absent": ["d"]}])
    host.main = ""
    host.run(restore=["*"])
    assert (host.main, host.ledger.owned) == ("", {})


def test_an_entry_that_came_later_comes_back_to_where_it_stood() -> None:
    host = Host(main="x = a, b, c\n")
    host.run(lists=[{"parameter": "x", "absent": ["a"]}])
    host.main = "x = b, later, c\n"
    host.run(lists=[{"parameter": "x", "absent": ["later"]}])
    assert host.owned("lists")["x later"] == Entry({"words": [1], "of": "b, later, c"}, "test")
    host.run(restore=["*"])
    assert (host.main, host.ledger.owned) == ("x = a, b, later, c\n", {})


def test_a_list_that_is_then_set_as_a_whole_comes_back_as_it_was_before_both() -> None:
    host = Host(main="x = a, b\n")
    host.run(lists=[{"parameter": "x", "absent": ["a"], "present": ["n"]}])
    host.run(main={"x": "c"})
    assert host.owned("main") == {"x": Entry("a, b", "test")}
    assert host.owned("lists") == {}
    host.run(lists=[{"parameter": "x", "present": ["d"]}])
    host.run(restore=["*"])
    assert (host.main, host.ledger.owned) == ("x = a, b\n", {})
    host = Host(main="")
    host.run(lists=[{"parameter": "mynetworks", "present": ["10.0.0.0/8"]}])
    host.run(main={"mynetworks": None})
    assert (host.main, host.ledger.owned) == ("", {})


LIST_ENTRIES = ["permit", "reject", "check_x lmdb:/a", "check_x lmdb:/b", "{ unix:/a, b=c }", "inet:h:1"]
GAPS = [", ", " ", ",", ",\n    ", "\n\t", ",\n# c\n  ", "\n  # d \n\n ", ",\n\n  ", " ,\n# c\n# c\n  "]


@st.composite
def list_values(draw: st.DrawFn) -> str:
    """Draw a list as a person might write it, with comments and line breaks between its entries."""
    entries = draw(st.lists(st.sampled_from(LIST_ENTRIES), max_size=5))
    text = draw(st.sampled_from(["", "\n  ", "\n# first\n  "])) if entries else ""
    for number, entry in enumerate(entries):
        text += (draw(st.sampled_from(GAPS)) if number else "") + entry
    return text


@st.composite
def list_edits(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a role's call that puts some entries in and takes others out."""
    entries = draw(st.lists(st.sampled_from(LIST_ENTRIES), min_size=1, unique=True))
    cut = draw(st.integers(0, len(entries)))
    position = draw(st.sampled_from(["first", "last"]))
    change = {"parameter": "x", "present": entries[:cut], "absent": entries[cut:], "position": position}
    return {"owner": draw(st.sampled_from(["one", "two"])), "lists": [change]}


@given(
    list_values(), st.sampled_from(["", "\n", "# c\n", "\n# c\ny = 1\n", "y = 1\n"]), st.lists(list_edits(), max_size=4)
)
def test_a_list_is_given_back_byte_for_byte_if_nobody_else_changed_it(
    value: str, rest: str, edits: list[dict[str, Any]]
) -> None:
    text = f"# head\nx = {value}\n{rest}"
    host = Host(main=text)
    for edit in edits:
        host.run(**edit)
    for owner in ("two", "one"):
        host.run(owner=owner, restore=["*"])
    assert (host.main, host.ledger.owned) == (text, {})


def test_the_last_entry_of_somebody_elses_list_leaves_it_empty() -> None:
    host = Host(main="x = a\n")
    host.run(lists=[{"parameter": "x", "absent": ["a"]}])
    assert host.main == "x = \n"
    host.run(restore=["*"])
    assert (host.main, host.ledger.owned) == ("x = a\n", {})


def test_without_postfix_a_lists_default_is_unchecked() -> None:
    wanted = parse_wanted(config_dir=DIRECTORY, owner="t", lists=[{"parameter": "mynetworks", "present": ["a"]}])
    plan = make_plan(Found(None, None, Ledger()), wanted, lambda name: None)
    assert plan.after["main.cf"] == "mynetworks = a\n"
    assert plan.after["master.cf"] is None
    assert plan.unchecked == ["mynetworks: whether Postfix's default has entries that stay"]


def test_a_service_is_added_changed_and_removed() -> None:
    host = Host()
    service = {"service": "submission", "type": "inet", "private": False, "command": "smtpd"}
    plan = host.run(master=[{**service, "options": {"a": "b c", "d": None}}])
    assert [(change.kind, change.name, change.action) for change in plan.changes] == [
        ("service", "submission/inet", "add")
    ]
    assert str(host.master).endswith("smtpd\n  -o { a = b c }\n")
    host.run(master=[{**service, "maxproc": 5, "options": {"a": None, "e": "f"}}])
    # What is ours as a whole is not noted once more piece by piece.
    assert host.owned("master") == {"submission/inet": Entry(None, "test")}
    host.run(master=[{"service": "submission", "type": "inet", "state": "absent"}])
    assert (host.master, host.ledger.owned) == (MASTER, {})


def test_changes_in_somebody_elses_service_are_noted_one_by_one() -> None:
    host = Host()
    host.run(master=[{"service": "smtp", "type": "inet", "maxproc": 1, "options": {"a": "c", "d": "e"}}])
    assert host.owned("master") == {
        "smtp/inet/a": Entry("b", "test"),
        "smtp/inet/d": Entry(None, "test"),
        "smtp/inet/maxproc": Entry("-", "test"),
    }
    host.run(master=[{"service": "smtp", "type": "inet", "state": "absent"}])
    assert host.owned("master") == {"smtp/inet": Entry(MASTER.split("\n#", 1)[0], "test")}
    assert host.master == "# end\n"
    host.run(restore=["smtp/inet"])
    assert host.master == "# end\n" + MASTER.replace("# end\n", "")
    assert host.ledger.owned == {}


def test_another_roles_option_in_our_service_is_its_own() -> None:
    host = Host()
    service = {"service": "submission", "type": "inet"}
    host.run(owner="postfix", master=[{**service, "command": "smtpd"}])
    host.run(owner="rspamd", master=[{**service, "options": {"a": "b"}}])
    assert host.owned("master")["submission/inet/a"] == Entry(None, "rspamd")
    host.run(owner="rspamd", restore=["*"])
    assert "-o a=b\n# end" in str(host.master) and str(host.master).count("-o ") == 1
    host.run(owner="postfix", restore=["*"])
    assert (host.master, host.ledger.owned) == (MASTER, {})


def test_a_new_service_needs_a_command() -> None:
    with pytest.raises(InvalidValue, match="'submission/inet': is not there and cannot be added without a command"):
        Host().plan(master=[{"service": "submission", "type": "inet"}])
    plan = Host(master=None).plan(master=[{"service": "submission", "type": "inet"}])
    assert plan.unchecked == ["submission/inet: whether master.cf has this service"]


@pytest.mark.parametrize(
    ("main", "wanted", "needed"),
    [
        ("", {"inet_interfaces": "loopback-only"}, True),
        ("", {"inet_interfaces": "all"}, False),
        ("inet_interfaces = all\n", {"inet_interfaces": None}, False),
        ("inet_interfaces = 192.0.2.1\n", {"inet_interfaces": None}, True),
        ("", {"inet_protocols": "ipv4"}, True),
        ("", {"relayhost": "x"}, False),
    ],
)
def test_what_needs_a_restart(main: str, wanted: dict[str, Any], needed: bool) -> None:
    reasons = Host(main=main).plan(main=wanted).restart_reasons
    assert bool(reasons) == needed
    assert all(reason.startswith(f"{next(iter(wanted))}: ") for reason in reasons)


def test_a_stale_claim_is_given_up_though_the_files_are_as_before() -> None:
    host = Host()
    host.run(main={"relayhost": "one"})
    host.main = MAIN
    plan = host.plan(restore=["relayhost"])
    assert plan.changed and not plan.changed_files
    assert [(change.kind, change.name) for change in plan.changes] == [("ledger", "relayhost")]
    host.run(restore=["relayhost"])
    assert host.ledger.owned == {}
