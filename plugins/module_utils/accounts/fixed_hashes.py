# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes that are the same every time, for templates: their salt is given, or computed from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.addresses import parse_mailbox_address
from ..core.errors import Conflict
from .fields import parse_flag
from .passwords import BadPassword, check_password
from .schemes.known import Recipe, make_recipe


def make_fixed_hash(
    subject: str,
    password: object,
    scheme: str,
    options: Mapping[str, Any],
    *,
    salt: object = None,
    seed: object = None,
    user: object = None,
    allow_weak: object = False,
) -> str:
    """Return a hash of ``password`` that is the same every time: its salt is given, or computed from a ``seed``.

    Raises:
        InvalidValue, Conflict: as `make_recipe`; salt and seed are both given, or missing where the scheme has a salt;
            user is missing or no address where the scheme hashes it.
        BadPassword: the password cannot be taken, or the salt not by this scheme.
    """
    # Extra variables come as text.
    weak = parse_flag(f"allow_weak_scheme of {subject}", allow_weak)
    recipe = make_recipe(f"scheme of {subject}", _text(f"scheme of {subject}", scheme), options, allow_weak=weak)
    text = _text(f"the password given to {subject}", password)
    check_password(f"the password given to {subject}", text, recipe)
    return recipe.make(text, _fixed_salt(subject, recipe, salt, seed), _user(subject, recipe, user))


def _fixed_salt(subject: str, recipe: Recipe, salt: object, seed: object) -> bytes:
    if salt is not None and seed is not None:
        raise Conflict(f"{subject}: salt and seed are both given; give one of them")
    if not recipe.scheme.entropy:
        return b""
    if seed is not None:
        text = _text(f"seed of {subject}", seed)
        if not text:
            raise BadPassword(f"seed of {subject}", "is empty; give a text of its own for each password")
        return recipe.salt_of_seed(text)
    if salt is None:
        raise Conflict(
            f"{subject}: {recipe.name} needs salt or seed, so that a template renders the same twice; the mailbox's "
            "address makes a good seed"
        )
    given = _text(f"salt of {subject}", salt).encode()
    problem = recipe.scheme.salt_problem(given)
    if problem:
        raise BadPassword(f"salt of {subject}", f"{problem} for {recipe.scheme.name}")
    return given


def _user(subject: str, recipe: Recipe, user: object) -> str:
    if not recipe.scheme.of_user:
        return ""
    if user is None:
        raise Conflict(f"{subject}: {recipe.name} hashes the user's name too; give user, the mailbox's address")
    return str(parse_mailbox_address(_text(f"user of {subject}", user), f"user of {subject}"))


def _text(subject: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadPassword(subject, f"is no text but of type {type(value).__name__}; write it in quotes")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadPassword(subject, "is no valid Unicode text") from error
    # A plain one: ansible-core hands over a class of its own.
    return "".join(value)
