# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay modules from their options to their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...core.errors import InvalidValue
from ...core.files import locked
from ...core.ledger import DEFAULT_PATH, Ledger
from ...core.pending import Pending
from ...core.run import converge, failing, warn
from ..configuration import Configuration, results
from ..plan import Found, PostconfPlan
from ..staging import Programs, RealPrograms, read
from . import ground
from .argspec import HIDDEN_SPEC
from .files import INDEX_ENDS, Files
from .login import check_login
from .plan import RelayPlan, by_hand, make_relay_plan, merge, settings
from .wanted import Request, parse_request

Decode = Callable[[str], Mapping[str, Any]]


@dataclass
class Relays:
    """The relays of one configuration directory, and what works on them."""

    config_dir: str
    ledger_path: str = DEFAULT_PATH
    workdir: str | None = None
    programs: Programs = field(default_factory=RealPrograms)

    def __post_init__(self) -> None:
        self.config_dir = self.config_dir.rstrip("/") or "/"
        self._configuration = Configuration(self.config_dir, self.ledger_path, self.workdir, self.programs)
        self._files = Files(self.config_dir, self.programs)
        self._type = "lmdb"

    def plan(self, request: Request, *, owner: str = "relay", take_over: bool = False) -> RelayPlan:
        """Return the change that ``request`` asks for, main.cf and master.cf judged on a staged copy.

        Raises:
            Rejected: Postfix would not take the configuration.
            MailwrightError: as reading, `merge` and `settings`.
        """
        self._type = self._files.table_type()
        index_end = INDEX_ENDS[self._type]
        tables = self._files.read(index_end)
        relays = merge(tables.relays, request)
        found = read(self.config_dir, self.ledger_path)
        wanted = settings(found, relays, scope=self.config_dir, owner=owner, table_type=self._type, take_over=take_over)
        plan = make_relay_plan(tables, relays, self._configuration.plan(wanted), index_end)
        if plan.changed:
            if request.present:
                plan.warnings += ground.look_up(request.present)
            if relays and not self.programs.installed():
                plan.unchecked.append("relays: the type of the lookup tables, as Postfix is not installed")
        return plan

    def apply(self, plan: RelayPlan) -> list[str]:
        """Carry ``plan`` out and return warnings: tables, then main.cf and master.cf, then what is left over.

        Raises:
            Rejected: ``postfix check`` refuses the staged copy.
            Unavailable: something is missing on this host, or a file cannot be written.
            Conflict: something was changed by somebody else meanwhile.
        """
        if plan.postconf.changed or plan.build:
            ground.demand(plan.relays)
        with locked(Path(self.ledger_path).with_name("relay.lock")):
            warnings = self._configuration.apply(plan.postconf, lambda: self._files.prepare(plan.build, self._type))
            self._files.finish(plan.relays, plan.remove)
        return warnings


def run_relay(module: AnsibleModule, decode: Decode) -> None:
    """Run the module ``relay``; ``decode`` opens the document of its action plugin."""
    options = dict(module.params)
    with failing(module):
        options.update(_hidden(options.pop("document"), decode))
        request = parse_request(options)
        relays = Relays(options["config_dir"], options["ledger"])
        pending = Pending(options["pending"])
        plan = relays.plan(request, owner=options["owner"], take_over=options["take_over"])
        if module.check_mode:
            plan.warnings += [f"{told} (a run needs it)" for told in ground.missing(plan.relays) if plan.changed]
        logins = _logins(request, plan) if options["check_login"] else []
        warn(module, plan.warnings)
        pending.add(plan.postconf.restart_reasons)
        returns = results(plan.postconf, pending.reasons)
        returns |= {"relays": [relay.shown() for relay in plan.relays], "logins": logins, "unchecked": plan.unchecked}
        converge(module, plan, lambda: warn(module, relays.apply(plan)), pending, **returns)


def run_relay_info(module: AnsibleModule) -> None:
    """Run the module ``relay_info``."""
    with failing(module):
        config_dir = module.params["config_dir"].rstrip("/") or "/"
        programs = RealPrograms()
        files = Files(config_dir, programs)
        kind = files.table_type()
        tables = files.read(INDEX_ENDS[kind])
        found = read(config_dir, DEFAULT_PATH)
        plan = make_relay_plan(tables, tables.relays, PostconfPlan(), INDEX_ENDS[kind])
        module.exit_json(
            changed=False,
            relays=[relay.shown() for relay in tables.relays],
            table_type=kind,
            stale_tables=sorted(plan.build),
            all_mail=by_hand(Found(found.main, found.master, Ledger())),
        )


def _logins(request: Request, plan: RelayPlan) -> list[dict[str, Any]]:
    told = []
    for relay in request.present:
        for hop in relay.hops:
            outcome = check_login(relay, hop)
            plan.warnings += outcome.notes
            told.append(
                {
                    "name": relay.name,
                    "host": hop.host,
                    "port": hop.port,
                    "tls": outcome.tls,
                    "mechanism": outcome.mechanism,
                }
            )
    return told


def _hidden(document: str | None, decode: Decode) -> Mapping[str, Any]:
    """Return the options in the action plugin's document, checked as the module's own are.

    Raises:
        InvalidValue: one of them is not what its option takes.
    """
    if document is None:
        return {}
    given = decode(document)
    _refuse_passwords_that_are_no_text(given)
    checked = ArgumentSpecValidator(HIDDEN_SPEC).validate(given)
    if checked.error_messages:
        raise InvalidValue("options", ", ".join(sorted(given)), "; ".join(checked.error_messages))
    validated: Mapping[str, Any] = checked.validated_parameters
    return {name: validated[name] for name in given}


def _refuse_passwords_that_are_no_text(value: object, place: str = "") -> None:
    """Refuse what YAML made of a password: 0123 would arrive as 83."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "password" and inner is not None and not isinstance(inner, str):
                raise InvalidValue(f"{place}password", "(hidden)", "is no text but what YAML made of one", "quote it")
            _refuse_passwords_that_are_no_text(inner, f"{place}{key} ")
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            _refuse_passwords_that_are_no_text(inner, f"{place.rstrip()}[{number}] ")
