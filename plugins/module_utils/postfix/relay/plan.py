# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole change of a host's relays as plain data: settings of Postfix, lookup tables, and what is remembered.

How mail finds its relay (postconf(5)), the first that applies:

1. a recipient's domain: ``transport_maps``,
2. the sender's address, then its domain: ``sender_dependent_default_transport_maps``,
3. all other mail: ``default_transport``.

Each names the relay's own transport in master.cf together with the next hop. ``relayhost`` would be simpler, and wrong
for a host that is a backup MX: it applies to the domains in ``relay_domains`` too. Login, mechanisms, fallback and TLS
wrapper belong to the transport, the TLS level to the next hop in a policy table, so that no other mail is touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import Conflict
from ...core.plan import Change, Plan
from ..main_cf import MainCf
from ..master_cf import MasterCf
from ..plan import LISTS, MAIN, MASTER, Found, PostconfPlan
from ..wanted import Wanted, parse_wanted
from .model import VERIFYING, Relay
from .wanted import Request

DIRECTORY = "mailwright-relay"
SENDERS, RECIPIENTS, TLS_POLICY = "senders", "recipients", "tls_policy"
CREDENTIALS = "credentials-"
# The list that looks a table up.
_LISTS = {RECIPIENTS: "transport_maps", SENDERS: "sender_dependent_default_transport_maps"}
# What sends all mail to a relay, with the value that says nothing. Beside a default relay it would have no effect or
# a wrong one.
_BY_HAND = {"relayhost": "", "default_transport": "smtp", "sender_dependent_relayhost_maps": ""}

Tables = dict[str, dict[str, str]]


@dataclass
class RelayPlan(Plan):
    """The change: ``postconf`` of main.cf and master.cf, ``build`` the tables to write (by name, their text),
    ``remove`` the files that are no longer ours, and ``relays`` what is there afterwards."""

    postconf: PostconfPlan = field(default_factory=PostconfPlan)
    relays: tuple[Relay, ...] = ()
    build: dict[str, str] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def diff(self) -> list[dict[str, str]]:
        """Return the diff of both files, and one of the relays, in which no password stands."""
        parts = self.postconf.diff()
        own = Plan([change for change in self.changes if change.kind in ("relay", "table")]).diff()
        if self.changes and isinstance(own, dict) and own["before"] != own["after"]:
            parts.append({"before_header": "relays", "after_header": "relays", **own})
        return parts


@dataclass(frozen=True)
class FoundTables:
    """What is there of ours: ``relays`` as the last run left them, the ``texts`` of tables that are indexed (not
    stale), and all ``files`` that look like ours."""

    relays: tuple[Relay, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    files: frozenset[str] = frozenset()


def merge(found: Sequence[Relay], request: Request) -> tuple[Relay, ...]:
    """Return the relays that are to be there, by name; those of other groups stay.

    Raises:
        Conflict: two of them match the same mail, or disagree about a next hop, or a name is that of another group's.
    """
    others = {relay.name: relay for relay in found if relay.group != request.group}
    _refuse_others(request.present, others)
    own = {relay.name: relay for relay in found if relay.group == request.group and not request.whole}
    if request.absent is not None:
        own = {name: relay for name, relay in own.items() if not request.absent.matches(relay)}
    relays = {**others, **own}
    relays.update({relay.name: relay for relay in request.present})
    merged = tuple(relays[name] for name in sorted(relays))
    _refuse_overlaps(merged)
    return merged


def _refuse_others(wanted: Sequence[Relay], others: Mapping[str, Relay]) -> None:
    for relay in wanted:
        if relay.name in others:
            group = others[relay.name].group
            raise Conflict(
                f"the relay {relay.name} is there already, {f'in the group {group}' if group else 'in no group'}; give "
                "another name, or the same group"
            )


def tables(relays: Sequence[Relay]) -> Tables:
    """Return the lookup tables by name, each key to value; none that would be empty."""
    result: Tables = {SENDERS: {}, RECIPIENTS: {}, TLS_POLICY: {}}
    for relay in relays:
        route = f"{relay.transport}:{relay.hop.nexthop}"
        result[SENDERS].update(dict.fromkeys(relay.match.senders, route))
        result[SENDERS].update({f"@{domain}": route for domain in relay.match.sender_domains})
        result[RECIPIENTS].update(dict.fromkeys(relay.match.recipient_domains, route))
        result[TLS_POLICY].update({hop.nexthop: _policy(relay) for hop in relay.hops})
        result[CREDENTIALS + relay.name] = {
            hop.nexthop: f"{hop.username}:{hop.password}" for hop in relay.hops if hop.username is not None
        }
    return {name: entries for name, entries in result.items() if entries}


def table_text(entries: Mapping[str, str]) -> str:
    """Return the text from which postmap(1) makes a table."""
    return "".join(f"{key}\t{value}\n" for key, value in sorted(entries.items()))


def settings(
    found: Found, relays: Sequence[Relay], *, scope: str, owner: str, table_type: str, take_over: bool
) -> Wanted:
    """Return what main.cf and master.cf are to say for ``relays``, and what of ours they are to give back.

    Raises:
        Conflict: main.cf sends all mail somewhere by hand, and ``take_over`` is not set.
    """
    work = _Settings(found, scope, owner)
    made = tables(relays)
    default = next((relay for relay in relays if relay.match.everything), None)
    main: dict[str, Any] = {}
    if default is not None:
        main["default_transport"] = f"{default.transport}:{default.hop.nexthop}"
        main.update(_taken_over(work, default, take_over))
    lists = []
    for table, parameter in _LISTS.items():
        entries = [_map(scope, table_type, table)] if table in made else []
        stale = [entry for entry in work.entries(parameter) if entry not in entries]
        if entries:
            lists.append({"parameter": parameter, "present": entries, "absent": stale})
    master = [work.service(relay, _options(relay, scope, table_type, made)) for relay in relays]
    kept = {*main, *(change["parameter"] for change in lists), *(f"{relay.transport}/unix" for relay in relays)}
    return parse_wanted(
        config_dir=scope,
        owner=owner,
        main=main,
        lists=lists,
        master=master,
        restore=[name for name in work.owned_names() if name not in kept],
    )


def make_relay_plan(
    tables_found: FoundTables,
    relays: Sequence[Relay],
    postconf: PostconfPlan,
    index_end: str,
) -> RelayPlan:
    """Return the whole plan from the plan of main.cf and master.cf and from the tables that are there.

    ``index_end`` is what postmap(1) adds to a table's name.
    """
    texts = {name: table_text(entries) for name, entries in tables(relays).items()}
    build = {name: text for name, text in texts.items() if tables_found.texts.get(name) != text}
    kept = {file for name in texts for file in (name, name + index_end)}
    remove = sorted(tables_found.files - kept)
    changes = _relay_changes(tables_found.relays, relays)
    changes += postconf.changes
    if not changes:
        changes = [Change("table", name, {"index": "stale"}, {"index": "built"}) for name in build]
        changes += [Change("table", name, {"file": "left over"}, None) for name in remove]
    return RelayPlan(changes, postconf, tuple(relays), build, remove, list(postconf.warnings), list(postconf.unchecked))


def by_hand(found: Found) -> dict[str, str]:
    """Return the parameters with which main.cf itself sends all mail somewhere, whoever set them."""
    values = MainCf(found.main or "").values()
    return {name: values[name] for name, nothing in _BY_HAND.items() if values.get(name, nothing) not in ("", nothing)}


class _Settings:
    """What is there of main.cf and master.cf, and what of it is ours."""

    def __init__(self, found: Found, scope: str, owner: str) -> None:
        self.found = found
        self.owner = owner
        self.master = MasterCf(found.master or "")
        self.own = {
            kind: [name for name, entry in found.ledger.entries(kind, scope).items() if entry.owner == owner]
            for kind in (MAIN, LISTS, MASTER)
        }

    def owned_names(self) -> list[str]:
        """Return the parameters and services (``name/type``) of which something is ours."""
        names = [*self.own[MAIN], *(name.split(" ", 1)[0] for name in self.own[LISTS])]
        names += ["/".join(name.split("/")[:2]) for name in self.own[MASTER]]
        return list(dict.fromkeys(names))

    def entries(self, parameter: str) -> list[str]:
        """Return the entries of the list ``parameter`` that are ours."""
        return [name.removeprefix(f"{parameter} ") for name in self.own[LISTS] if name.startswith(f"{parameter} ")]

    def service(self, relay: Relay, options: Mapping[str, str]) -> dict[str, Any]:
        """Return the service of ``relay``; options that it has and is not to have go."""
        known = self.master.services().get(f"{relay.transport}/unix")
        gone = dict.fromkeys(known.options if known else ())
        return {
            "service": relay.transport,
            "type": "unix",
            # Outside of the chroot, where host names are resolved as everywhere on the host.
            "chroot": "n",
            "command": "smtp",
            "options": {**gone, **options},
        }


def _taken_over(work: _Settings, default: Relay, take_over: bool) -> dict[str, str]:
    """Return the parameters set by hand that make way for the ``default`` relay, with the value that says nothing."""
    foreign = {
        name: value
        for name, value in by_hand(work.found).items()
        if not (name == "default_transport" and name in work.own[MAIN])
    }
    if foreign and not take_over:
        told = ", ".join(f"{name} = {value}" for name, value in foreign.items())
        raise Conflict(
            f"main.cf sends all mail elsewhere already ({told}), and the relay {default.name} is to get all mail; "
            "give take_over: true to replace that (it comes back when the relay is taken out), or a match to leave it"
        )
    result = dict.fromkeys((name for name in foreign if name != "default_transport"), "")
    # What was taken over before stays so.
    result.update({name: "" for name in _BY_HAND if name in work.own[MAIN] and name != "default_transport"})
    return result


def _options(relay: Relay, scope: str, table_type: str, made: Tables) -> dict[str, str]:
    options = {
        "syslog_name": "postfix/$service_name",
        # Postfix asks the DNS alone by default, and returns mail to a relay that only /etc/hosts knows.
        "smtp_host_lookup": "dns" if relay.tls == "dane" else "dns,native",
        "smtp_tls_policy_maps": _map(scope, table_type, TLS_POLICY),
        "smtp_fallback_relay": ",".join(hop.nexthop for hop in relay.fallback),
        "smtp_tls_wrappermode": "yes" if relay.implicit_tls else "no",
    }
    credentials = CREDENTIALS + relay.name
    if credentials in made:
        options |= {
            "smtp_sasl_auth_enable": "yes",
            "smtp_sasl_password_maps": _map(scope, table_type, credentials),
            # A password never crosses the network in the clear, whatever the TLS level lets through.
            "smtp_sasl_security_options": "noplaintext,noanonymous",
            "smtp_sasl_tls_security_options": "noanonymous",
            "smtp_sasl_mechanism_filter": ",".join(relay.mechanisms).lower(),
        }
    else:
        options["smtp_sasl_auth_enable"] = "no"
    if relay.tls in VERIFYING:
        # These authorities and no others: Debian's main.cf has a directory of them beside the file.
        options |= {"smtp_tls_CAfile": relay.ca_file, "smtp_tls_CApath": ""}
    if relay.tls == "dane":
        options["smtp_dns_support_level"] = "dnssec"
    return options


def _policy(relay: Relay) -> str:
    # The names are said here, as main.cf may have others for servers in general.
    return {"verify": "verify match=hostname", "secure": "secure match=nexthop"}.get(relay.tls, relay.tls)


def _map(scope: str, table_type: str, table: str) -> str:
    return f"{table_type}:{scope}/{DIRECTORY}/{table}"


def _refuse_overlaps(relays: Sequence[Relay]) -> None:
    taken: dict[tuple[str, str], str] = {}
    policies: dict[str, Relay] = {}
    for relay in relays:
        for level, value in relay.match.claims():
            other = taken.setdefault((level, value), relay.name)
            if other != relay.name:
                told = "all mail that no other relay matches" if level == "everything" else f"{value} in match.{level}"
                raise Conflict(
                    f"the relays {other} and {relay.name} both match {told}; give it to one of them "
                    "(to change from one to the other in one step, give the whole list in relays)"
                )
        for hop in relay.hops:
            first = policies.setdefault(hop.nexthop, relay)
            if first.tls != relay.tls:
                raise Conflict(
                    f"the relays {first.name} and {relay.name} both lead to {hop.nexthop}, with tls: {first.tls} "
                    f"and tls: {relay.tls}; Postfix has one level for a next hop, so give them the same"
                )


def _relay_changes(found: Sequence[Relay], wanted: Sequence[Relay]) -> list[Change]:
    old, new = {relay.name: relay for relay in found}, {relay.name: relay for relay in wanted}
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before != after:
            changes.append(Change("relay", name, _shown(before, None), _shown(after, before)))
    return changes


def _shown(relay: Relay | None, other: Relay | None) -> dict[str, Any] | None:
    """Return ``relay`` for a diff against the ``other`` that was there before."""
    if relay is None:
        return None
    known = {hop.nexthop: hop.password for hop in (other.hops if other else ())}
    passwords = {
        hop.nexthop: "(changed)" if known.get(hop.nexthop, hop.password) != hop.password else "(set)"
        for hop in relay.hops
        if hop.password is not None
    }
    return {**relay.shown(), "passwords": passwords}
