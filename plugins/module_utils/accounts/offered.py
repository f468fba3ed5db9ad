# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which new hashes do not fit how this host's Dovecot is set up: what it offers clients, and its memory."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .dovecot_programs import answer_of
from .model import NO_LOGIN
from .passwords import argon2_memory
from .plan import AccountsPlan
from .summary import CHALLENGES, base_scheme

# What an auth-worker takes beside a hash, in KiB: measured, with Dovecot 2.3.19 and 2.4.1 and hashes of up to 1 GiB.
WORKER_MEMORY = 26 * 1024
_KIB = {"": 1 / 1024, "B": 1 / 1024, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
_SIZE = re.compile(r"vsz_limit = (\d+) ?([BKMGT]?)\b")
_AGAIN = "run the role dovecot again"
# Scheme, and memory in KiB.
_Kind = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a Dovecot is set up: mechanisms by their names, and the memory of an auth-worker in KiB, 0 for no limit."""

    mechanisms: frozenset[str] = frozenset()
    memory: int = 0

    @property
    def largest(self) -> float:
        """The memory in KiB of the most expensive hash that can be checked."""
        return self.memory - WORKER_MEMORY if self.memory else math.inf


def installed_settings() -> Settings:
    """Return the settings of this host's Dovecot; those that nothing can fail to fit where there is none."""
    names = ("auth_mechanisms", "service/auth-worker/vsz_limit", "default_vsz_limit")
    return parse_settings(answer_of("doveconf", *names))


def parse_settings(text: str) -> Settings:
    """Return what doveconf wrote, 2.3's ``NAME = VALUE VALUE`` or 2.4's blocks with ``VALUE = yes``."""
    old = re.search(r"^auth_mechanisms = (.*)$", text, re.MULTILINE)
    names = old[1].split() if old else re.findall(r"^ +(\S+) = yes$", text, re.MULTILINE)
    # 2.3 shows a limit that is not set as the largest number; the default, which then holds, comes last.
    limits = [int(int(number) * _KIB[unit]) for number, unit in _SIZE.findall(text) if int(number) < 2**63]
    return Settings(frozenset(name.upper() for name in names), limits[0] if limits else 0)


def setting_warnings(plan: AccountsPlan, ask: Callable[[], Settings] = installed_settings) -> list[str]:
    """Return warnings of hashes that this run stores; asks Dovecot only where it stores any."""
    fresh = dict(_fresh(plan))
    if not fresh:
        return []
    settings = ask()
    return [*_unserved(fresh, settings), *_too_large(fresh, settings)]


def _unserved(fresh: Mapping[str, _Kind], settings: Settings) -> Iterator[str]:
    for mechanism, schemes in CHALLENGES.items():
        # An app password is only ever compared with one that the client sends.
        unable = [name for name, (scheme, _memory) in fresh.items() if "/" in name or scheme not in schemes]
        if unable and mechanism in settings.mechanisms:
            yield (
                f"{named(unable)}: Dovecot offers {mechanism}, for which that is of no use, and clients that take it "
                f"cannot log in; {_AGAIN}"
            )


def _too_large(fresh: Mapping[str, _Kind], settings: Settings) -> Iterator[str]:
    large = {name: memory for name, (_scheme, memory) in fresh.items() if memory and memory > settings.largest}
    if large:
        yield (
            f"{named(list(large))}: a hash of {max(large.values())} KiB is more than Dovecot can check within the "
            f"{settings.memory // 1024} MiB of an auth-worker, so that nobody logs in with it; {_AGAIN}, with "
            "dovecot_auth_worker_memory auto or large enough"
        )


def _fresh(plan: AccountsPlan) -> Iterator[tuple[str, _Kind]]:
    """Yield the mailboxes, by address, and app passwords, by key, that get another hash, with its kind."""
    for found, after in (
        (plan.found.mailboxes, plan.after.mailboxes),
        (plan.found.app_passwords, plan.after.app_passwords),
    ):
        for name, one in after.items():
            before = found.get(name)
            if name in plan.passwords:
                recipe = plan.passwords[name][0]
                yield name, (recipe.scheme.name, dict(recipe.cost).get("memory", 0))
            elif one is not before and (before is None or before.password_hash != one.password_hash):
                stored = one.password_hash
                if stored != NO_LOGIN:
                    yield name, (base_scheme(stored), argon2_memory(stored))


def named(names: list[str]) -> str:
    """Return addresses of mailboxes and keys of app passwords for a message."""
    kinds = (
        ("mailbox", "mailboxes", [name for name in names if "/" not in name]),
        ("app password", "app passwords", [name for name in names if "/" in name]),
    )
    return " and ".join(
        f"{one if len(listed) == 1 else many} {', '.join(sorted(listed)[:3])}"
        + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
        for one, many, listed in kinds
        if listed
    )
