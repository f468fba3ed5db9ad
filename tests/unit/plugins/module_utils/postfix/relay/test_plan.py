# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a list of relays to tables and settings, with nothing but data."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Conflict
from ansible_collections.mailwright.mail.plugins.module_utils.core.ledger import Entry, Ledger
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.plan import Found
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.model import Relay
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.plan import (
    by_hand,
    merge,
    settings,
    table_text,
    tables,
)
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.relay.wanted import (
    Request,
    parse_relay,
    parse_request,
)
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.wanted import Wanted

ALL = {"host": "all.example", "username": "u", "password": "p:q", "fallback": [{"host": "b.example", "port": 25}]}
SOME = {
    "host": "some.example",
    "port": 465,
    "tls": "verify",
    "match": {"senders": ["a@x.example"], "sender_domains": ["x.example"], "recipient_domains": [".y.example"]},
}


def relays(*given: dict[str, Any]) -> tuple[Relay, ...]:
    return tuple(parse_relay(one, "") for one in given)


def wanted(main: str, *given: dict[str, Any], ledger: Ledger | None = None, **options: Any) -> Wanted:
    found = Found(main, "smtp unix - - y - - smtp\n", ledger or Ledger())
    rest = {"scope": "/etc/postfix", "owner": "relay", "table_type": "lmdb", "take_over": False, **options}
    return settings(found, relays(*given), **rest)


def test_tables() -> None:
    assert tables(relays(ALL, SOME)) == {
        "senders": {
            "a@x.example": "relay-some.example-465:[some.example]:465",
            "@x.example": "relay-some.example-465:[some.example]:465",
        },
        "recipients": {".y.example": "relay-some.example-465:[some.example]:465"},
        "tls_policy": {
            "[all.example]:587": "secure match=nexthop",
            "[b.example]:25": "secure match=nexthop",
            "[some.example]:465": "verify match=hostname",
        },
        "credentials-all.example-587": {"[all.example]:587": "u:p:q", "[b.example]:25": "u:p:q"},
    }
    assert tables(()) == {}
    assert table_text({"b": "2", "a": "1 2"}) == "a\t1 2\nb\t2\n"


def test_a_relay_for_all_mail_sets_the_default_transport_and_nothing_else_of_main_cf() -> None:
    got = wanted("", ALL)
    assert dict(got.main) == {"default_transport": "relay-all.example-587:[all.example]:587"}
    assert (got.lists, got.restore) == ((), ())
    (service,) = got.master
    assert (service.key, service.command, service.fields) == ("relay-all.example-587/unix", "smtp", {"chroot": "n"})
    assert service.options == {
        "syslog_name": "postfix/$service_name",
        "smtp_host_lookup": "dns,native",
        "smtp_tls_policy_maps": "lmdb:/etc/postfix/mailwright-relay/tls_policy",
        "smtp_fallback_relay": "[b.example]:25",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_password_maps": "lmdb:/etc/postfix/mailwright-relay/credentials-all.example-587",
        "smtp_sasl_security_options": "noplaintext,noanonymous",
        "smtp_sasl_tls_security_options": "noanonymous",
        "smtp_sasl_mechanism_filter": "",
        "smtp_tls_wrappermode": "no",
        "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
        # Debian's main.cf trusts all that is there, whatever ca_file says.
        "smtp_tls_CApath": "",
    }


def test_a_relay_for_some_mail_leaves_the_rest_alone() -> None:
    got = wanted("relayhost = [by.hand]\n", SOME)
    assert dict(got.main) == {}
    assert {(change.parameter, change.present, change.absent) for change in got.lists} == {
        ("transport_maps", ("lmdb:/etc/postfix/mailwright-relay/recipients",), ()),
        ("sender_dependent_default_transport_maps", ("lmdb:/etc/postfix/mailwright-relay/senders",), ()),
    }
    options = got.master[0].options
    assert (options["smtp_sasl_auth_enable"], options["smtp_tls_wrappermode"]) == ("no", "yes")


def test_dane_asks_the_dns_and_mechanisms_are_filtered() -> None:
    options = wanted("", {**ALL, "tls": "dane", "mechanisms": ["LOGIN", "PLAIN"]}).master[0].options
    assert (options["smtp_dns_support_level"], options["smtp_host_lookup"]) == ("dnssec", "dns")
    assert options["smtp_sasl_mechanism_filter"] == "login,plain"
    assert not {"smtp_tls_CAfile", "smtp_tls_CApath"} & set(options)


@pytest.mark.parametrize(
    "line",
    ["relayhost = [by.hand]:25", "default_transport = uucp", "sender_dependent_relayhost_maps = hash:/etc/postfix/x"],
)
def test_what_stands_there_by_hand_is_only_replaced_on_demand(line: str) -> None:
    name = line.split(" ")[0]
    with pytest.raises(Conflict, match=r"main.cf sends all mail elsewhere already \(.*take_over: true"):
        wanted(f"{line}\n", ALL)
    got = dict(wanted(f"{line}\n", ALL, take_over=True).main)
    assert got.pop("default_transport").startswith("relay-all")
    assert got == ({} if name == "default_transport" else {name: ""})
    assert list(by_hand(Found(f"{line}\n", None, Ledger()))) == [name]


def test_what_was_taken_over_stays_so_until_it_is_set_by_hand_again() -> None:
    ledger = Ledger()
    ledger.take("postfix.main", "/etc/postfix", "relayhost", "[by.hand]", "relay")
    ledger.take("postfix.main", "/etc/postfix", "default_transport", None, "relay")
    main = "relayhost =\ndefault_transport = relay-old:[old]:25\n"
    assert dict(wanted(main, ALL, ledger=ledger).main)["relayhost"] == ""
    with pytest.raises(Conflict, match="relayhost = x"):
        wanted(main.replace("relayhost =", "relayhost = x"), ALL, ledger=ledger)
    # Without a relay for all mail, both come back.
    assert set(wanted(main, SOME, ledger=ledger).restore) == {"default_transport", "relayhost"}


def test_values_that_send_mail_nowhere_are_not_by_hand() -> None:
    assert by_hand(Found("relayhost =\ndefault_transport = smtp\n", None, Ledger())) == {}
    assert by_hand(Found(None, None, Ledger())) == {}


def test_what_is_no_longer_needed_is_given_back() -> None:
    ledger = Ledger()
    old = "hash:/etc/postfix/mailwright-relay/senders"
    for kind, name in (
        ("postfix.lists", "sender_dependent_default_transport_maps"),
        ("postfix.lists", f"sender_dependent_default_transport_maps {old}"),
        ("postfix.lists", "transport_maps"),
        ("postfix.lists", "transport_maps hash:/etc/postfix/mailwright-relay/recipients"),
        ("postfix.master", "relay-old/unix"),
        ("postfix.master", "relay-some.example-465/unix"),
    ):
        ledger.take(kind, "/etc/postfix", name, None, "relay")
    ledger.owned["postfix.main"] = {"/etc/postfix": {"default_transport": Entry(None, "somebody")}}
    match = {"senders": ["a@x.example"]}
    got = wanted("", {**SOME, "match": match}, ledger=ledger)
    assert [(change.parameter, change.absent) for change in got.lists] == [
        ("sender_dependent_default_transport_maps", (old,))
    ]
    assert set(got.restore) == {"transport_maps", "relay-old/unix"}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"host": "c.example"}, "all.example-587 and c.example-587 both match all mail that no other relay matches"),
        ({"host": "c.example", "match": {"senders": ["A@x.example"]}}, "both match a@x.example in match.senders"),
        ({"host": "c.example", "match": {"sender_domains": ["x.example"]}}, "x.example in match.sender_domains"),
        ({"host": "c.example", "match": {"recipient_domains": [".y.example"]}}, "match.recipient_domains"),
        (
            {"name": "z", "host": "b.example", "port": 25, "tls": "may", "match": {"senders": ["c@x.example"]}},
            r"both lead to \[b.example\]:25, with tls: secure and tls: may",
        ),
    ],
)
def test_relays_that_contradict_each_other(other: dict[str, Any], told: str) -> None:
    with pytest.raises(Conflict, match=told):
        merge((), parse_request({"relays": [ALL, SOME, other]}))
    with pytest.raises(Conflict, match=told):
        merge(relays(ALL, SOME), parse_request(other))


def test_the_same_mail_at_another_level_is_no_contradiction() -> None:
    other = {"host": "c.example", "match": {"senders": ["b@x.example"], "recipient_domains": ["y.example"]}}
    assert len(merge((), parse_request({"relays": [ALL, SOME, other]}))) == 3


def test_one_relay_leaves_the_others_and_a_list_replaces_them() -> None:
    there = relays(ALL, SOME)
    changed = {**SOME, "username": "n", "password": "m"}
    merged = merge(there, parse_request(changed))
    assert [relay.hop.username for relay in merged] == ["u", "n"]
    assert merge(there, parse_request({"relays": [SOME]})) == relays(SOME)
    assert merge(there, parse_request({"host": "all.example", "state": "absent"})) == relays(SOME)
    assert merge(there, Request(whole=True)) == ()


def test_a_group_keeps_its_relays_from_others() -> None:
    there = (*relays(ALL), *parse_request({**SOME, "group": "g"}).present)
    assert merge(there, Request(whole=True)) == there[1:]
    assert merge(there, Request(whole=True, group="g")) == there[:1]
    gone = {"host": "some.example", "state": "absent"}
    assert merge(there, parse_request(gone)) == there
    assert merge(there, parse_request({**gone, "group": "g"})) == there[:1]
    assert merge(there, parse_request({"relays": [ALL]})) == there
    with pytest.raises(Conflict, match=r"relay some.example-465 is there already, in the group g"):
        merge(there, parse_request(SOME))
    with pytest.raises(Conflict, match=r"relay all.example-587 is there already, in no group"):
        merge(there, parse_request({**ALL, "group": "g"}))
    assert tables(merge(there, Request(group="g"))) == tables(relays(ALL, SOME))
