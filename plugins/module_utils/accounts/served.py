# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which mailboxes could not log in because this host's Dovecot lacks their hash's scheme, or refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .dovecot_programs import answer_of
from .offered import named
from .passwords import is_weak
from .plan import AccountsPlan
from .schemes.dovecot import BUILDS, Build, build_of
from .summary import base_scheme
from .wanted import Wanted


def installed_builds() -> tuple[Build, ...]:
    """Return the Dovecot of this host, as it is set up; all that are known where there is none.

    A host without Dovecot may fill a store for others.
    """
    version = answer_of("dovecot", "--version").strip()
    if not version:
        return BUILDS
    build = build_of(version)
    if build.refuses and answer_of("doveconf", "-h", "auth_allow_weak_schemes").strip() == "yes":
        build = replace(build, refuses=frozenset())
    return (build,)


def login_warnings(
    plan: AccountsPlan, wanted: Wanted, installed: Callable[[], Iterable[Build]] = installed_builds
) -> list[str]:
    """Return a warning for each scheme of what is wanted with which nobody logs in; asks only where it matters."""
    users: dict[tuple[str, bool], list[str]] = {}
    for address, box in wanted.mailboxes.items():
        if box.present and address in plan.after.mailboxes:
            users.setdefault(_scheme(plan, address, plan.after.mailboxes[address].password_hash), []).append(address)
    for key, one in wanted.app_passwords.items():
        if one.present and key in plan.after.app_passwords:
            users.setdefault(_scheme(plan, key, plan.after.app_passwords[key].password_hash), []).append(key)
    doubtful = [kind for kind in users if any(build.problem(*kind) for build in BUILDS)]
    builds = tuple(installed()) if doubtful else ()
    return [
        f"{named(users[kind])}: {problem}"
        for kind in doubtful
        if (problem := "; ".join(told for build in builds if (told := build.problem(*kind))))
    ]


def _scheme(plan: AccountsPlan, name: str, stored: str) -> tuple[str, bool]:
    """Return the scheme of a password after the run, without its encoding, and whether a hash of ``CRYPT`` is weak.

    With the other schemes the name says it all, which spares a look at 100,000 hashes.
    """
    if name in plan.passwords:
        return plan.passwords[name][0].scheme.name, False
    scheme = base_scheme(stored)
    return scheme, scheme == "CRYPT" and is_weak(stored)
