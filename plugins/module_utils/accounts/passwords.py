# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Password hashes in Dovecot's form ``{SCHEME}body``: made, recognised and verified, many at once on all cores.

The schemes are in ``schemes/``, one file per family. Their libraries release the interpreter's lock while they hash, so
that threads use all cores.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ..core.errors import InvalidValue, MailwrightError
from .model import NO_LOGIN
from .schemes.base import Encoding
from .schemes.known import SCHEMES, Form, Recipe, check_strength, find_form, make_recipe

DEFAULT_SCHEME = "ARGON2ID"
# (stored hash, password, user)
Check = tuple[str, str, str]
_PREFIX = re.compile(r"\{([A-Za-z0-9.-]+)\}(.*)", re.DOTALL)


class BadPassword(MailwrightError):
    """A password or hash cannot be taken. The message never shows it."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject} {reason}")


def parse_hash(subject: str, value: str, *, allow_weak: bool = False) -> str:
    """Return a password hash in its stored form: ``*``, or with the scheme before it, which may be left out.

    Raises:
        InvalidValue: the scheme is unknown. Only its name is shown.
        BadPassword: the hash has not the form of its scheme, or of any.
        Conflict: it is weak, and ``allow_weak`` is not given.
    """
    if value == NO_LOGIN:
        return value
    match = _PREFIX.fullmatch(value)
    form, body = (find_form(f"scheme of {subject}", match[1]), match[2]) if match else (_guessed(subject, value), value)
    raw = form.decode(body)
    if raw is None:
        raise BadPassword(subject, f"has not the form of a {form.name} hash; make one with doveadm pw -s {form.name}")
    check_strength(subject, form.name, form.scheme.weakness(raw), allow_weak)
    return f"{{{form.name}}}{body}"


def _guessed(subject: str, body: str) -> Form:
    """Return the form of a hash without a scheme before it, where the hash itself shows it."""
    for scheme in SCHEMES.values():
        form = Form(scheme, Encoding.TEXT)
        if scheme.marked and form.decode(body) is not None:
            return form
    marked = ", ".join(scheme.name for scheme in SCHEMES.values() if scheme.marked and not scheme.weak)
    raise BadPassword(
        subject,
        f"shows no scheme; give {{SCHEME}}hash with the name of one (only {marked} are known without), or * for a "
        "mailbox that nobody logs in to",
    )


def scheme_of(stored: str) -> str | None:
    """Return the scheme of a hash in its stored form, with its encoding; ``None`` for ``*``."""
    match = _PREFIX.fullmatch(stored)
    return match[1] if match else None


def is_made_by(stored: str, recipe: Recipe) -> bool:
    """Whether a hash in its stored form has the scheme and the encoding of ``recipe``, and the cost asked for in it."""
    found = _parts(stored)
    return found is not None and recipe.made(*found)


def is_weak(stored: str) -> bool:
    """Whether a hash in its stored form is of a weak scheme."""
    found = _parts(stored)
    return found is not None and bool(found[0].scheme.weakness(found[1]))


def argon2_memory(stored: str) -> int:
    """Return the memory in KiB that checking a hash in its stored form takes; 0 where it is none of Argon2."""
    if not stored.startswith("{ARGON2"):
        return 0
    found = _parts(stored)
    return found[0].scheme.cost(found[1])["memory"] if found is not None else 0


def check_password(subject: str, password: str, scheme: Recipe | None = None) -> None:
    """Refuse a password that cannot be stored and served exactly.

    Raises:
        BadPassword: it is empty, has control characters (NUL ends it for crypt(3) and SASL PLAIN, and a newline is
            nearly always a file's last one), is not Unicode, or is longer than ``scheme`` reads.
    """
    if not password:
        raise BadPassword(subject, "is empty; give password_hash '*' for a mailbox that nobody logs in to")
    if any(ord(character) < 32 or ord(character) == 127 for character in password):
        raise BadPassword(
            subject, "has a control character or newline; leave it out (filter trim takes off a last newline)"
        )
    try:
        size = len(password.encode())
    except UnicodeEncodeError as error:
        raise BadPassword(subject, "is no valid Unicode text") from error
    longest = scheme.scheme.longest if scheme is not None else None
    if scheme is not None and longest is not None and size > longest:
        raise BadPassword(subject, f"has {size} bytes, and {scheme.name} reads only {longest}; choose another scheme")


def make_hash(scheme: str | Recipe, password: str, user: str) -> str:
    """Return a new hash of ``password`` in its stored form, by a recipe or by the name of a scheme.

    ``user`` is the mailbox's address: some schemes hash it too.
    """
    recipe = _recipe(scheme)
    return recipe.make(password, recipe.scheme.salt(secrets.token_bytes(recipe.scheme.entropy)), user)


def verify(stored: str, password: str, user: str) -> bool:
    """Whether ``stored`` was made from the ``password`` of ``user``; never for ``*`` and for schemes unknown here."""
    found = _parts(stored)
    return found is not None and found[0].scheme.verify(found[0].scheme.secret(password, user), found[1])


def verify_many(checks: Iterable[Check]) -> dict[Check, bool]:
    """Verify (stored hash, password, user) on all cores and return what each gave."""
    wanted = list(dict.fromkeys(checks))
    with ThreadPoolExecutor(_cores()) as pool:
        return dict(zip(wanted, pool.map(lambda check: verify(*check), wanted), strict=True))


def make_many(wanted: Iterable[tuple[str | Recipe, str, str]]) -> list[str]:
    """Hash (scheme, password, user) on all cores, each with a salt of its own, in their order."""
    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(lambda one: make_hash(*one), wanted))


def _recipe(scheme: str | Recipe) -> Recipe:
    return scheme if isinstance(scheme, Recipe) else make_recipe("password_scheme", scheme, allow_weak=True)


def _parts(stored: str) -> tuple[Form, bytes] | None:
    """Return form and raw bytes of a hash in its stored form; ``None`` where it is none that is known here."""
    match = _PREFIX.fullmatch(stored)
    if match is None:
        return None
    try:
        form = find_form("scheme", match[1])
    except InvalidValue:
        return None
    raw = form.decode(match[2])
    return None if raw is None else (form, raw)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
