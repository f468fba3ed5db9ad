# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All password schemes by their names, and the recipe that says how a password is to be hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import Conflict, InvalidValue
from .argon import ARGON2
from .base import CostOption, Encoding, Scheme
from .cram_md5 import CRAM_MD5
from .crypt_family import CRYPT
from .digest_md5 import DIGEST_MD5
from .digests import DIGESTS
from .key_derivation import KEY_DERIVATION
from .otp import OTP
from .plain import PLAIN

# Good ones first: messages list them in this order.
SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme for scheme in (*ARGON2, *CRYPT, *KEY_DERIVATION, *DIGESTS, *CRAM_MD5, *DIGEST_MD5, *OTP, *PLAIN)
}
# Dovecot's spellings of the encodings.
_SUFFIXES = {"": None, "B64": Encoding.BASE64, "BASE64": Encoding.BASE64, "HEX": Encoding.HEX}


@dataclass(frozen=True, slots=True)
class Form:
    """A scheme and how its hashes are written, as the name before a hash says it."""

    scheme: Scheme
    encoding: Encoding

    @property
    def name(self) -> str:
        """The name as it is stored: ``SSHA256``, ``SSHA256.HEX``."""
        return self.scheme.name if self.encoding is self.scheme.native else f"{self.scheme.name}.{self.encoding.value}"

    def decode(self, body: str) -> bytes | None:
        """Return the raw bytes of a hash without its name; ``None`` where it has not this form."""
        return self.scheme.decode(body, self.encoding)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a password is hashed: a form, and the cost as (option, number) in the order of the scheme's options.

    ``asked`` names the options that were given. The others are defaults for new hashes: no reason to replace one.
    """

    form: Form
    cost: tuple[tuple[str, int], ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The form's name."""
        return self.form.name

    @property
    def scheme(self) -> Scheme:
        """The form's scheme."""
        return self.form.scheme

    def make(self, password: str, salt: bytes, user: str) -> str:
        """Return the hash of the ``password`` of ``user`` in its stored form; ``salt`` as the scheme takes it."""
        raw = self.scheme.make(self.scheme.secret(password, user), salt, dict(self.cost))
        return f"{{{self.name}}}{self.form.encoding.encode(raw)}"

    def made(self, form: Form, raw: bytes) -> bool:
        """Whether a stored hash has this form, and the cost as far as that was asked for."""
        found = self.scheme.cost(raw) if form == self.form else None
        return found is not None and all(found.get(name) == number for name, number in self.cost if name in self.asked)

    def salt_of_seed(self, seed: str) -> bytes:
        """Return the salt that ``seed`` stands for: always the same, and another one for another scheme.

        The password has no part in it: a salt stands open in the hash, and one made from the password would let guesses
        be tried against it at the cost of one SHAKE.
        """
        text = "\0".join(("mailwright.mail.dovecot_password", self.scheme.name, seed))
        return self.scheme.salt(hashlib.shake_256(text.encode()).digest(self.scheme.entropy))


def find_form(subject: str, name: str) -> Form:
    """Return the form ``name``, in upper or lower case.

    Raises:
        InvalidValue: it is none that is known here.
    """
    base, _dot, suffix = name.upper().partition(".")
    scheme = SCHEMES.get(base)
    if scheme is None:
        good = ", ".join(known.name for known in SCHEMES.values() if not known.weak)
        raise InvalidValue(
            subject,
            name,
            "is no password scheme known here",
            f"use one of {good}, or a weak one with allow_weak_scheme",
        )
    if suffix not in _SUFFIXES:
        raise InvalidValue(subject, name, "has an encoding that Dovecot does not know", "use .b64, .hex or none")
    return Form(scheme, _SUFFIXES[suffix] or scheme.native)


def check_strength(subject: str, name: str, weakness: str, allow_weak: bool) -> None:
    """Refuse what is weak unless it is asked for.

    Raises:
        Conflict: it is weak. Says why, and what to do.
    """
    if weakness and not allow_weak:
        raise Conflict(
            f"{subject}: {name} {weakness}; use ARGON2ID, or give allow_weak_scheme: true where it has to be"
        )


def make_recipe(subject: str, name: str, options: Mapping[str, Any] | None = None, allow_weak: bool = False) -> Recipe:
    """Return how to hash in the scheme ``name``, upper or lower case, with or without ``.b64`` or ``.hex``.

    ``options`` are ``password_options``; what they do not say has the scheme's defaults.

    Raises:
        InvalidValue: the scheme, an option or its number is none that can be taken.
        Conflict: the scheme is weak and ``allow_weak`` is not given.
    """
    form = find_form(subject, name)
    check_strength(subject, form.name, form.scheme.weak, allow_weak)
    given = {name: number for name, number in (options or {}).items() if number is not None}
    return Recipe(form, _cost(f"{subject}, {form.scheme.name} with", form.scheme, given), frozenset(given))


def _cost(subject: str, scheme: Scheme, given: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    known = {option.name: option for option in scheme.options}
    for name in given:
        if name not in known:
            has = f"it has {' and '.join(known)}" if known else "it has none"
            raise InvalidValue(subject, name, f"is no option of {scheme.name}", has)
    cost = {name: _number(subject, option, given.get(name, option.default)) for name, option in known.items()}
    problem = scheme.cost_problem(cost)
    if problem:
        raise InvalidValue(subject, dict(given), "do not fit together", problem)
    return tuple(cost.items())


def _number(subject: str, option: CostOption, value: object) -> int:
    # Templates make text of numbers; a boolean is an int for Python and a mistake here.
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1
    if not option.lowest <= number <= option.highest:
        raise InvalidValue(f"{subject} {option.name}", value, "is out of range", f"give {option.range}")
    return number
