# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account modules do between their options and their result: read, plan, apply, publish."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.plan import Change
from ..core.run import converge, failing, warn
from .argspec import CHECKS, COMMON, DOCUMENT, MAIL
from .backends import open_store, read_store
from .copying import make_copy_plan
from .document import decode
from .handover import Handover
from .mailremoval import MailRemoval
from .model import KINDS, Accounts
from .offered import setting_warnings
from .passwords import Check, make_many, verify_many
from .plan import AccountsPlan, make_plan, password_checks
from .postfix_reader import reload_postfix
from .publish import domain_tables
from .publishing import Reader, publish, readers
from .served import login_warnings
from .store import MODE, Stale, Store, StoreError
from .views import alias_value, app_password_value, domain_value, mailbox_value
from .wanted import Wanted, parse_wanted

# Options of the modules that say how, not what.
_HOW = {*COMMON, *DOCUMENT, *CHECKS, *MAIL}


def run_accounts(module: AnsibleModule) -> None:
    """Run the module ``accounts``."""
    with failing(module):
        given = _given(module)
        store = _open(module, given)
        if "src" in given:
            right = "call the module from a playbook, where its action plugin does that"
            raise InvalidValue("src", given["src"], "was not read", right)
        # Taken out of what was given: once they are parsed, long lists go from memory.
        wanted = parse_wanted(
            given.pop("domains", None) or (),
            given.pop("mailboxes", None) or (),
            given.pop("aliases", None) or (),
            required=given.get("required_aliases"),
            required_destination=given.get("required_destination", ""),
            purge=given["purge"],
            purge_limit=given["purge_limit"],
            check_destinations=module.params["check_destinations"],
            app_passwords=given.pop("app_passwords", None),
        )
        _converge(store, _Session(module, store, wanted, create=True))


def run_object(module: AnsibleModule, kind: str) -> None:
    """Run the module of one ``kind``: the plan of ``accounts`` with one object."""
    with failing(module):
        given = _given(module)
        store = _open(module, given)
        handover = None
        if kind == "domain":
            wanted = parse_wanted(domains=[given])
        elif kind == "mailbox":
            wanted = parse_wanted(mailboxes=[given])
        elif kind == "app_password":
            handover = Handover(given.pop("password_file", ""), given.pop("return_password", False))
            wanted = parse_wanted(app_passwords=[given])
        else:
            wanted = parse_wanted(aliases=[given], check_destinations=module.params["check_destinations"])
        _converge(store, _Session(module, store, wanted, kind, handover=handover))


def run_copy(module: AnsibleModule) -> None:
    """Run the module ``accounts_copy``."""
    with failing(module):
        params, hidden = module.params, _hidden(module)
        store = _open(module, hidden)
        options = {**params["source"], **hidden.get("source", {}), "lock_timeout": params["lock_timeout"]}
        with closing(open_store(options)) as origin:
            source, warnings = read_store(origin, predict=module.check_mode)
            if not source.generation:
                told = f"there is no account store {origin.location} to copy"
                if not module.check_mode:
                    raise Conflict(f"{told}; look at source")
                warnings = warnings or [f"{told}; a run fails unless an earlier task makes it"]
        warn(module, warnings)
        _converge(store, _CopySession(module, store, source))


def _given(module: AnsibleModule) -> dict[str, Any]:
    """Return the options that were given, with those from the action plugin's document among them."""
    given = {
        key: _without_unset(value) for key, value in module.params.items() if key not in _HOW and value is not None
    }
    return {**given, **_hidden(module)}


def _hidden(module: AnsibleModule) -> dict[str, Any]:
    """Return the options that the action plugin put into its document."""
    document = module.params.get("document")
    return decode(document) if document else {}


def _without_unset(value: Any) -> Any:
    """Return a list of dictionaries without the ``None`` that Ansible puts where a suboption was not given."""
    if not isinstance(value, list):
        return value
    return [
        {key: one for key, one in entry.items() if one is not None} if isinstance(entry, dict) else entry
        for entry in value
    ]


def _open(module: AnsibleModule, given: dict[str, Any]) -> Store:
    """Return the store. Its password is taken out of ``given``, where an action plugin may have put it."""
    hidden = {"login_password": given.pop("login_password")} if "login_password" in given else {}
    return open_store({**module.params, **hidden})


def _converge(opened: Store, session: _Session) -> None:
    with closing(opened) as store:
        try:
            session.converge()
        except Stale:
            # Somebody else wrote in between. Read again, this time with the door closed.
            with store.lock():
                session.converge()


class _Session:
    """One module's run against one store."""

    def __init__(
        self,
        module: AnsibleModule,
        store: Store,
        wanted: Wanted,
        kind: str = "",
        create: bool = False,
        handover: Handover | None = None,
    ) -> None:
        self._module = module
        self._store = store
        # As the user asked for it, and with what is generated.
        self._asked = self._wanted = wanted
        self._kind = kind
        self._create = create
        self._handover = handover
        # (stored hash, password) -> whether they match: verifying costs 0.1 s each and is done once.
        self._verified: dict[Check, bool] = {}
        self._mail = MailRemoval(module.params, wanted)

    def converge(self) -> None:
        """Leave the module with the result."""
        found, warnings = read_store(self._store, predict=self._module.check_mode)
        self._prepare_handover(found)
        plan = self._plan(found)
        served = readers(self._store.readers())
        if mode := self._store.exposure():
            plan.changes.insert(0, Change("store", self._store.location, {"mode": mode}, {"mode": f"{MODE:04o}"}))
        if found.generation and not plan.writes:
            outdated = {reader.name: reader.stale(found.generation) for reader in served}
            plan.changes += [
                Change("published", name, {"state": why}, {"state": "current"})
                for name, why in {**outdated, **self._store.outdated()}.items()
                if why
            ]
        plan.changes += self._mail.find()
        if self._handover:
            plan.changes += self._handover.changes()
            plan.warnings += self._handover.warnings
        warn(self._module, [*warnings, *plan.warnings])
        converge(self._module, plan, lambda: self._apply(plan, served), **self._returns(plan))

    def _prepare_handover(self, found: Accounts) -> None:
        if self._handover:
            predict = self._module.check_mode
            self._wanted = replace(
                self._wanted,
                app_passwords={
                    key: self._handover.prepare(self._asked.app_passwords[key], found, predict=predict)
                    for key in self._asked.app_passwords
                },
            )

    def _plan(self, found: Accounts) -> AccountsPlan:
        checks = password_checks(found, self._wanted)
        self._verified.update(verify_many(check for check in checks.values() if check not in self._verified))
        plan = make_plan(
            found,
            self._wanted,
            matching={name for name, check in checks.items() if self._verified[check]},
            now=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            predict=self._module.check_mode,
            location=self._store.location,
            version=self._store.version,
            create=self._create,
            details=bool(self._module._diff),
        )
        plan.warnings += [*login_warnings(plan, self._wanted), *setting_warnings(plan)]
        return plan

    def _apply(self, plan: AccountsPlan, served: Sequence[Reader]) -> None:
        for reader in served:
            reader.prepare()
        if not plan.writes:
            self._finish(plan.found, plan, served)
            return
        known = self._write(_hashed(plan))
        try:
            self._finish(known, plan, served)
        except StoreError as error:
            raise Unavailable(f"the accounts are stored, but the run did not come to its end: {error}") from error

    def _finish(self, known: Accounts, plan: AccountsPlan, served: Sequence[Reader]) -> None:
        """Do what comes after the store, which is ``known`` by now."""
        if known.generation:
            with self._store.lock():
                # Another writer may have come in between; what is published is what is stored.
                current = self._current(known)
                publish(served, current)
                if self._store.outdated():
                    self._store.publish(current)
        if self._store.readers() is None and domain_tables(plan.found) != domain_tables(known):
            # Of other hosts that read the same store, each gets there by itself.
            reload_postfix()
        if self._handover:
            self._handover.remove()
        # Only now, when nobody delivers to what is gone any more.
        if known.generation:
            self._mail.remove(self._store.lock, lambda: self._current(known))
        else:
            # Without a store, a host may still have the mail of one that there was.
            self._mail.remove(nullcontext, lambda: known)

    def _write(self, plan: AccountsPlan) -> Accounts:
        if not (self._handover and self._handover.writes):
            return self._store.apply(plan)
        with self._store.lock():
            # Nobody else may make the app password between the file and the store.
            if self._store.generation() != plan.found.generation:
                raise Stale
            self._handover.write()
            return self._store.apply(plan)

    def _current(self, known: Accounts) -> Accounts:
        return known if self._store.generation() == known.generation else self._store.read()

    def _returns(self, plan: AccountsPlan) -> dict[str, Any]:
        after = plan.after
        mail = self._mail.returns()
        if not self._kind:
            return {**mail, **_numbers(plan)}
        value: dict[str, Any] | None = None
        for name in getattr(self._wanted, KINDS[self._kind]):
            if self._kind == "domain" and name in after.domains:
                value = domain_value(after.domains[name])
            elif self._kind == "mailbox" and name in after.mailboxes:
                recipe = plan.passwords.get(name, (None,))[0]
                value = mailbox_value(after.mailboxes[name], recipe)
            elif self._kind == "alias" and name in after.aliases:
                value = alias_value(after.aliases[name])
            elif self._kind == "app_password" and name in after.app_passwords:
                recipe = plan.passwords.get(name, (None,))[0]
                value = app_password_value(after.app_passwords[name], recipe)
        handed = self._handover.password if self._handover else None
        return {self._kind: value, **({} if handed is None else {"password": handed}), **mail}


class _CopySession(_Session):
    """A run that makes a store the copy of another, whose content is ``source``; without one, of nothing."""

    def __init__(self, module: AnsibleModule, store: Store, source: Accounts) -> None:
        super().__init__(module, store, parse_wanted(), create=True)
        self._source = source

    def _plan(self, found: Accounts) -> AccountsPlan:
        return make_copy_plan(
            self._source if self._source.generation else found,
            found,
            location=self._store.location,
            version=self._store.version,
            replace_others=self._module.params["replace"],
        )

    def _returns(self, plan: AccountsPlan) -> dict[str, Any]:
        return _numbers(plan)


def _numbers(plan: AccountsPlan) -> dict[str, Any]:
    """Return how many objects of each kind the plan adds, changes and removes, and how many there are then."""
    counts = plan.counts()
    nothing = {"add": 0, "change": 0, "remove": 0}
    return {
        "counts": {kind: counts.get(kind, nothing) for kind in KINDS},
        "total": {attribute: len(getattr(plan.after, attribute)) for attribute in KINDS.values()},
    }


def _hashed(plan: AccountsPlan) -> AccountsPlan:
    """Return the plan with all its passwords hashed."""
    if not plan.passwords:
        return plan
    hashes = make_many(plan.passwords.values())
    mailboxes, app_passwords = dict(plan.after.mailboxes), dict(plan.after.app_passwords)
    for name, made in zip(plan.passwords, hashes, strict=True):
        if name in mailboxes:
            mailboxes[name] = replace(mailboxes[name], password_hash=made)
        else:
            app_passwords[name] = replace(app_passwords[name], password_hash=made)
    return replace(plan, after=replace(plan.after, mailboxes=mailboxes, app_passwords=app_passwords))
