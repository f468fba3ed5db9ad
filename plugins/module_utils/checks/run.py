# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call of `dns_check`: all checks of all domains side by side, within a time, and what is returned."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ..core.addresses import show_domain
from ..core.errors import MailwrightError, shown
from ..core.text import readable
from ..dns.reply import Lookup
from ..dns.resolver import Resolver
from .model import ERROR, STATUSES, UNKNOWN, WARNING, Check, worst
from .once import Once
from .options import Request, parse_request
from .patience import Patience
from .policy_fetch import PolicyFetcher
from .present import Presenter
from .registry import CHECKS
from .together import SIDE_BY_SIDE, counted
from .world import World

# Connections to web and mail servers take several round trips: so many times the time of one question.
_CONVERSATION = 2
# How many verdicts the message of a failure names.
_NAMED = 3

OneCheck = Callable[[str, World], Check]


class ChecksFailed(MailwrightError):
    """The call did its work, and what it found is worse than ``fail_on`` allows; ``returns`` is all the same."""

    def __init__(self, message: str, returns: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.returns = returns


def check_call(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `dns_check` returns for its options.

    Raises:
        ChecksFailed: a verdict is as bad as the option ``fail_on`` names, or worse.
        MailwrightError: the options cannot be taken, or a library or a resolver is missing.
    """
    request = parse_request(params)
    until = time.monotonic() + request.budget
    lookup = Resolver(request.resolvers, request.port, request.timeout, request.budget)
    world = make_world(request, lookup, until)
    checks = {name: CHECKS[name] for name in request.checks}
    found = run_checks(request, world, checks, until)
    returns = _returned(request.domains, found)
    bad = {"error": (ERROR,), "warning": (ERROR, UNKNOWN, WARNING), "never": ()}[request.fail_on]
    if returns["status"] in bad:
        raise ChecksFailed(_failure(returns["domains"], bad), returns)
    return returns


def make_world(request: Request, lookup: Lookup, until: float) -> World:
    """Return whom the checks ask; servers that several domains share are asked once.

    Raises:
        InvalidValue: the option ``ca_path`` names no certificates.
    """
    patience = float(_CONVERSATION * request.timeout)
    return World(
        lookup,
        request.expected,
        request.addresses,
        request.selectors,
        request.blocklists,
        Once(PolicyFetcher(lookup, patience, until, request.ca_path).fetch),
        Once(Presenter(lookup, patience, until).present),
    )


def run_checks(
    request: Request, world: World, checks: Mapping[str, OneCheck], until: float
) -> dict[str, dict[str, Check]]:
    """Return the verdicts of ``checks`` by domain and name, at the latest at ``until`` (of time.monotonic)."""
    worlds = {
        domain: replace(world, lookup=Patience(world.lookup, domain), expected=request.expected_of(domain))
        for domain in request.domains
    }
    pairs = [(domain, name) for domain in request.domains for name in checks]
    tasks = [_guarded(checks[name], domain, worlds[domain]) for domain, name in pairs]
    late = Check(UNKNOWN, f"The check did not end within the budget of {request.budget} seconds")
    found: dict[str, dict[str, Check]] = {domain: {} for domain in request.domains}
    for (domain, name), check in zip(pairs, _side_by_side(tasks, until), strict=True):
        found[domain][name] = check or late
    return found


def _guarded(check: OneCheck, domain: str, world: World) -> Callable[[], Check]:
    """Return ``check`` of ``domain`` as a task that never raises: one fault costs one verdict, not all of them."""

    def run() -> Check:
        try:
            return check(domain, world)
        except MailwrightError as error:
            return Check(UNKNOWN, f"The check could not be made: {error}")
        except Exception as error:
            told = f"{type(error).__name__}: {shown(str(error))}" if str(error) else type(error).__name__
            return Check(UNKNOWN, f"The check failed on its way ({told}); that is a fault of the check")

    return run


def _side_by_side(tasks: Sequence[Callable[[], Check]], until: float) -> list[Check | None]:
    """Return what ``tasks`` return, ``None`` for those that have not ended at ``until``; nobody waits for those."""
    results: list[Check | None] = [None] * len(tasks)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)

    def work() -> None:
        with counted():
            while time.monotonic() < until:
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                results[number] = tasks[number]()

    # Checks wait for answers nearly all the time. Threads of a pool would be waited for at the end of the program.
    threads = [threading.Thread(target=work, daemon=True) for _thread in range(min(SIDE_BY_SIDE, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return list(results)


def _returned(domains: Sequence[str], found: Mapping[str, Mapping[str, Check]]) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = [
        {
            "domain": domain,
            "unicode_domain": show_domain(domain),
            "status": worst(check.status for check in found[domain].values()),
            "checked_at": now,
            "checks": {name: check.shown() for name, check in found[domain].items()},
        }
        for domain in domains
    ]
    statuses = [str(one["status"]) for one in listed]
    returned: dict[str, Any] = readable(
        {
            "domains": listed,
            "status": worst(statuses),
            "summary": {status: statuses.count(status) for status in STATUSES},
        }
    )
    return returned


def _failure(domains: Sequence[Mapping[str, Any]], bad: Sequence[str]) -> str:
    """Return one sentence that names the first verdicts of the statuses ``bad``, the worst ones first."""
    verdicts = [
        (check["status"], f"{one['domain']}: {name}: {check['message']}")
        for one in domains
        for name, check in one["checks"].items()
        if check["status"] in bad
    ]
    verdicts.sort(key=lambda verdict: bad.index(verdict[0]))
    more = f" and {len(verdicts) - _NAMED} more" if len(verdicts) > _NAMED else ""
    return "; ".join(text for _status, text in verdicts[:_NAMED]) + more
