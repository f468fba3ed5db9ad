# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which new hashes do not fit how this host's Dovecot is set up: what it offers clients, and its memory."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .model import NO_LOGIN
from .passwords import argon2_memory
from .plan import AccountsPlan
from .summary import CHALLENGES, base_scheme

# What an auth-worker takes beside a hash, in KiB: measured, with Dovecot 2.3.19 and 2.4.1 and hashes of up to 1 GiB.
WORKER_MEMORY = 26 * 1024
_KIB = {"": 1 / 1024, "B": 1 / 1024, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
_SIZE = re.compile(r"vsz_limit = (\d+) ?([BKMGT]?)\b")
_AGAIN = "run the role dovecot again"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a Dovecot is set up: mechanisms by their names, and the memory of an auth-worker in KiB, 0 for no limit."""

    mechanisms: frozenset[str] = frozenset()
    memory: int = 0


def installed_settings() -> Settings:
    """Return the settings of this host's Dovecot; those that nothing can fail to fit where there is none."""
    names = ("auth_mechanisms", "service/auth-worker/vsz_limit", "default_vsz_limit")
    try:
        text = subprocess.run(("doveconf", *names), capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return Settings()
    return parse_settings(text)


def parse_settings(text: str) -> Settings:
    """Return what doveconf wrote, 2.3's ``NAME = VALUE VALUE`` or 2.4's blocks with ``VALUE = yes``."""
    old = re.search(r"^auth_mechanisms = (.*)$", text, re.MULTILINE)
    names = old[1].split() if old else re.findall(r"^ +(\S+) = yes$", text, re.MULTILINE)
    # 2.3 shows a limit that is not set as the largest number; the default, which then holds, comes last.
    limits = [int(int(number) * _KIB[unit]) for number, unit in _SIZE.findall(text) if int(number) < 2**63]
    return Settings(frozenset(name.upper() for name in names), limits[0] if limits else 0)


def setting_warnings(plan: AccountsPlan, ask: Callable[[], Settings] = installed_settings) -> list[str]:
    """Return warnings of hashes that this run stores; asks Dovecot only where it stores any."""
    boxes = {address: _kind(plan, address) for address in _fresh_mailboxes(plan)}
    apps = {key: argon2_memory(plan.after.app_passwords[key].password_hash) for key in _fresh_app_passwords(plan)}
    if not boxes and not apps:
        return []
    settings = ask()
    return [*_unserved(boxes, apps, settings), *_too_large(boxes, apps, settings)]


def _unserved(boxes: dict[str, tuple[str, int]], apps: Iterable[str], settings: Settings) -> Iterator[str]:
    for mechanism in CHALLENGES:
        if mechanism not in settings.mechanisms:
            continue
        lost = f"Dovecot offers {mechanism}, and clients that take it cannot log in with"
        unable = [address for address, (scheme, _memory) in boxes.items() if scheme not in CHALLENGES[mechanism]]
        if unable:
            yield f"{named('mailbox', unable)}: {lost} such a hash; {_AGAIN}"
        if named_apps := sorted(apps):
            yield f"{named('app password', named_apps)}: {lost} an app password; {_AGAIN}"


def _too_large(boxes: dict[str, tuple[str, int]], apps: dict[str, int], settings: Settings) -> Iterator[str]:
    found = (
        ("mailbox", {address: memory for address, (_scheme, memory) in boxes.items()}),
        ("app password", apps),
    )
    for kind, memories in found:
        large = [name for name, memory in memories.items() if memory and memory + WORKER_MEMORY > settings.memory > 0]
        if large:
            most = max(memories[name] for name in large)
            yield (
                f"{named(kind, large)}: a hash of {most} KiB is more than this host's Dovecot can check within the "
                f"{settings.memory // 1024} MiB of an auth-worker, so that nobody logs in with it; {_AGAIN}, with "
                "dovecot_auth_worker_memory auto or large enough"
            )


def _fresh_mailboxes(plan: AccountsPlan) -> Iterator[str]:
    found = plan.found.mailboxes
    for address, box in plan.after.mailboxes.items():
        before = found.get(address)
        changed = box is not before and (before is None or before.password_hash != box.password_hash)
        if address in plan.passwords or (changed and box.password_hash != NO_LOGIN):
            yield address


def _fresh_app_passwords(plan: AccountsPlan) -> Iterator[str]:
    found = plan.found.app_passwords
    for key, one in plan.after.app_passwords.items():
        before = found.get(key)
        if one is not before and (before is None or before.password_hash != one.password_hash):
            yield key


def _kind(plan: AccountsPlan, address: str) -> tuple[str, int]:
    """Return the scheme of a mailbox after the run, and the memory of its hash in KiB."""
    if address in plan.passwords:
        recipe = plan.passwords[address][0]
        return recipe.scheme.name, dict(recipe.cost).get("memory", 0)
    stored = plan.after.mailboxes[address].password_hash
    return base_scheme(stored), argon2_memory(stored)


def named(kind: str, names: list[str]) -> str:
    """Return a few objects of ``kind`` as a sentence begins with them."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    plural = {"mailbox": "mailboxes", "app password": "app passwords"}[kind]
    return f"{kind if len(names) == 1 else plural} {', '.join(sorted(names)[:3])}{rest}"
