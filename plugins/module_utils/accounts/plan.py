# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Found and wanted accounts -> the plan. Pure: no clock, no file, no hashing.

One plan serves one object and ten thousand. The order in which a user lists things has no meaning: domains, mailboxes
and aliases that are to be there are set first, then what is to go goes, then what a purge finds unlisted, and the
result is judged as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import Conflict
from ..core.plan import Change, Plan
from .draft import Draft
from .limits import check_limits
from .model import Accounts, Alias, AppPassword, Domain, Mailbox, domain_of
from .passwords import Check
from .plan_app_passwords import plan_app_passwords
from .plan_removal import mend_references, purge, remove
from .purge import reachless
from .required import required_aliases
from .schemes.known import Recipe
from .strays import check_chains, check_destinations, check_receiver
from .views import listed, shown_alias, shown_app_password, shown_domain, shown_mailbox
from .wanted import Wanted, WantedAlias, WantedMailbox
from .wanted_app_password import WantedAppPassword


@dataclass
class AccountsPlan(Plan):
    """The changes, and what `store.Store.apply` needs for them.

    ``after`` has an empty hash where a password is still to be hashed: ``passwords`` has them as (recipe, password,
    mailbox's address), by that address or the app password's key, which no address can be. ``touched`` names the
    objects that differ by kind; one that is not in ``after`` goes.
    """

    found: Accounts = field(default_factory=Accounts)
    after: Accounts = field(default_factory=Accounts)
    touched: dict[str, list[str]] = field(default_factory=dict)
    passwords: dict[str, tuple[Recipe, str, str]] = field(default_factory=dict, repr=False)
    warnings: list[str] = field(default_factory=list)
    # Whether the store itself is to be written, be it only made or migrated.
    writes: bool = False


def password_checks(found: Accounts, wanted: Wanted) -> dict[str, Check]:
    """Return what has to be verified before the plan is made, by address or key."""
    kinds: tuple[tuple[Mapping[str, WantedMailbox | WantedAppPassword], Mapping[str, Mailbox | AppPassword]], ...] = (
        (wanted.mailboxes, found.mailboxes),
        (wanted.app_passwords, found.app_passwords),
    )
    return {
        name: (known[name].password_hash, one.password, one.user)
        for asked, known in kinds
        for name, one in asked.items()
        if one.present and one.password is not None and one.update_password == "always" and name in known
    }


def make_plan(
    found: Accounts,
    wanted: Wanted,
    *,
    matching: Collection[str] = (),
    now: str,
    predict: bool = False,
    location: str = "",
    version: int = 1,
    create: bool = False,
    details: bool = True,
) -> AccountsPlan:
    """Return the whole change.

    Args:
        matching: addresses and keys whose stored hash was verified against the wanted password (`password_checks`).
        now: the time for ``created`` and ``modified``.
        predict: in check mode an unknown domain is a warning, since an earlier task would have made it.
        location, version: what the store is called and which schema version is written.
        create: make or migrate the store even when no object changes.
        details: fill in what a diff shows of each change; without a diff that is half of the work.

    Raises:
        Conflict: the result would contradict itself; the message names the objects.
        InvalidValue: a new mailbox without a password, a new alias without destinations.
    """
    draft = Draft(found, now)
    _put(draft, wanted, frozenset(matching))
    remove(draft, wanted)
    purge(draft, wanted)
    _put_required(draft, wanted)
    mend_references(draft, wanted)
    warnings = reachless(wanted) + _check_parents(draft, wanted, predict)
    warnings += _unreachable(draft, wanted)
    warnings += _put_app_passwords(draft, wanted, matching, predict)
    _check_collisions(draft, wanted)
    check_limits(draft.accounts(), wanted)
    warnings += _check_ways(draft, wanted, predict)
    plan = AccountsPlan(found=found, after=draft.accounts(), passwords=draft.passwords, warnings=warnings)
    _note_changes(plan, details)
    plan.writes = plan.changed
    if found.schema_version != version and (plan.changed or create):
        before = {"schema": found.schema_version} if found.schema_version else None
        plan.changes.insert(0, Change("store", location, before, {"schema": version}))
        plan.writes = True
    return plan


def _put(draft: Draft, wanted: Wanted, matching: frozenset[str]) -> None:
    for domain in wanted.domains.values():
        if domain.present:
            draft.set(draft.domains, Domain, domain.name, domain.fields)
    for box in wanted.mailboxes.values():
        if box.present:
            _put_mailbox(draft, box, box.address in matching)
    for alias in wanted.aliases.values():
        _put_alias(draft, alias)


def _put_mailbox(draft: Draft, wanted: WantedMailbox, matches: bool) -> None:
    known = draft.mailboxes.get(wanted.address)
    values: dict[str, Any] = dict(wanted.fields)
    if known is None:
        wanted.check_new()
        _make_room(draft, wanted.address)
        parent = draft.domains.get(domain_of(wanted.address))
        if "quota" not in values and parent is not None:
            values["quota"] = parent.default_quota or parent.max_quota
    new_hash = wanted.new_hash(known.password_hash if known else None, matches)
    if new_hash is not None:
        values["password_hash"] = new_hash
        if not new_hash and wanted.password is not None:
            draft.passwords[wanted.address] = (wanted.new_recipe, wanted.password, wanted.user)
    draft.set(draft.mailboxes, Mailbox, wanted.address, values)


def _make_room(draft: Draft, address: str) -> None:
    """Let a required alias give way to a mailbox."""
    alias = draft.aliases.get(address)
    if alias is not None and alias.required:
        del draft.aliases[address]


def _put_alias(draft: Draft, wanted: WantedAlias) -> None:
    known = draft.aliases.get(wanted.address)
    # Whoever names a required alias takes it over: from then on it is as any other.
    values: dict[str, Any] = {**wanted.fields, "required": False}
    if wanted.present:
        if known is None:
            wanted.check_new()
        elif not wanted.exclusive:
            values["destinations"] = tuple(sorted({*known.destinations, *wanted.destinations}))
        draft.set(draft.aliases, Alias, wanted.address, values)
    elif not wanted.exclusive and known is not None:
        left = tuple(name for name in known.destinations if name not in wanted.destinations)
        if not left:
            raise Conflict(
                f"alias {wanted.address}: without {', '.join(known.destinations)} no destination would be left; "
                "remove the alias itself (exclusive: true)"
            )
        draft.set(draft.aliases, Alias, wanted.address, {"destinations": left, "required": False})


def _put_required(draft: Draft, wanted: Wanted) -> None:
    for address, destinations in required_aliases(draft.accounts(), wanted).items():
        if destinations:
            draft.set(draft.aliases, Alias, address, {"destinations": destinations, "required": True})
        elif address in draft.aliases:
            del draft.aliases[address]
            draft.removed[address] = False


def _put_app_passwords(draft: Draft, wanted: Wanted, matching: Collection[str], predict: bool) -> list[str]:
    """Bring the app passwords to those wanted, let them go with their mailboxes, and return the warnings."""
    gone = draft.found.mailboxes.keys() - draft.mailboxes.keys()
    part = plan_app_passwords(
        draft.app_passwords,
        wanted.app_passwords,
        draft.mailboxes,
        gone=gone.union(address for address, box in wanted.mailboxes.items() if not box.present),
        purged=draft.purged,
        matching=matching,
        now=draft.now,
        predict=predict,
    )
    draft.app_passwords = part.after
    draft.passwords.update(part.passwords)
    return part.warnings


def _check_parents(draft: Draft, wanted: Wanted, predict: bool) -> list[str]:
    missing: dict[str, list[str]] = {}
    for kind, address in wanted.present_addresses():
        if domain_of(address) not in draft.domains:
            missing.setdefault(domain_of(address), []).append(f"{kind} {address}")
    told = [f"{listed(names)}: the domain {domain} is not in the store" for domain, names in sorted(missing.items())]
    if told and not predict:
        raise Conflict(f"{'; '.join(told)}; add the domain first")
    return [f"{one}; a run fails unless an earlier task adds it" for one in told]


def _unreachable(draft: Draft, wanted: Wanted) -> list[str]:
    """Return a warning for each domain with mailboxes that never get mail, as long as the task names either."""
    backups = {name for name, domain in draft.domains.items() if domain.backup_mx}
    mailboxes: dict[str, list[str]] = {}
    for address in draft.mailboxes if backups else ():
        domain = domain_of(address)
        if domain in backups and (address in wanted.mailboxes or domain in wanted.domains):
            mailboxes.setdefault(domain, []).append(address)
    return [
        f"{'mailbox' if len(names) == 1 else 'mailboxes'} {listed(sorted(names))}: the domain {domain} is backup_mx, "
        "so its mail goes to the domain's main server and never arrives here"
        for domain, names in sorted(mailboxes.items())
    ]


def _check_ways(draft: Draft, wanted: Wanted, predict: bool) -> list[str]:
    """Refuse mail that would go round or, where that is asked for, nowhere; return warnings."""
    after = draft.accounts()
    named = {alias.address for alias in wanted.aliases.values() if alias.present}
    warnings = check_chains(draft.found, after, named)
    if wanted.check_destinations:
        warnings += check_destinations(draft.found, after, named, predict)
    if wanted.required is not None and wanted.required.present and wanted.required.destination:
        refuse = wanted.check_destinations and not predict
        warnings += check_receiver(wanted.required.destination, after, refuse=refuse)
    return warnings


def _check_collisions(draft: Draft, wanted: Wanted) -> None:
    for kind, address in wanted.present_addresses():
        if kind == "alias" and address in draft.mailboxes:
            raise Conflict(f"alias {address}: a mailbox has this address; an address is one or the other")
        if kind == "mailbox" and address in draft.aliases:
            raise Conflict(f"mailbox {address}: an alias has this address; an address is one or the other")


def _note_changes(plan: AccountsPlan, details: bool) -> None:
    """Fill in changes and touched: what is new or different by kinds, then what goes in the reverse order."""
    kinds: list[tuple[str, Mapping[str, Any], Mapping[str, Any], Any]] = [
        ("domain", plan.found.domains, plan.after.domains, shown_domain),
        ("mailbox", plan.found.mailboxes, plan.after.mailboxes, shown_mailbox),
        ("alias", plan.found.aliases, plan.after.aliases, shown_alias),
        ("app_password", plan.found.app_passwords, plan.after.app_passwords, shown_app_password),
    ]
    gone: list[Change] = []
    for kind, before, after, shown in kinds:
        touched = plan.touched.setdefault(kind, [])
        for name in sorted(_differing(before, after)):
            touched.append(name)
            old, new = before.get(name), after.get(name)
            change = Change(
                kind,
                name,
                None if old is None else shown(old, None) if details else {},
                None if new is None else shown(new, old) if details else {},
            )
            if new is None:
                gone.insert(0, change)
            else:
                plan.changes.append(change)
    plan.changes += gone


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, value in after.items():
        known = before.get(name)
        # Untouched objects are the same ones; comparing only the others keeps a plan over 100,000 cheap.
        if known is not value and known != value:
            yield name
    yield from before.keys() - after.keys()
