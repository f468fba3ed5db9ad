# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argon2 (RFC 9106), with the library that Debian packages as python3-argon2."""

from __future__ import annotations

import re
from typing import Any

from ...core.deps import need
from ...core.errors import Unavailable
from .base import Cost, CostOption, Scheme, exact

_ANY = re.compile(
    rb"\$(argon2id?)\$v=\d{1,3}\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}"
)
# argon2.h: ARGON2_MEMORY_ALLOCATION_ERROR, ARGON2_THREAD_FAIL.
_NO_RESOURCES = (-22, -33)


class Argon2(Scheme):
    """One variant, or with ``variants`` of both either of them (Dovecot 2.4's plain ``ARGON2``), made as the first.

    The defaults are those of ``doveadm pw``; Dovecot's auth-worker verifies them within its default memory.
    """

    entropy = 16

    def __init__(self, name: str, variants: tuple[str, ...], memory: int, passes: int) -> None:
        self.name = name
        self.options = (
            CostOption("memory", 8, 4 * 1024 * 1024, memory, "KiB"),
            CostOption("passes", 1, 1000, passes),
            CostOption("lanes", 1, 64, 1),
        )
        self._variants = variants
        self.marked = len(variants) == 1

    def recognises(self, raw: bytes) -> bool:
        match = _ANY.fullmatch(raw)
        return match is not None and match[1].decode() in self._variants

    def make(self, password: bytes, salt: bytes, cost: Cost) -> bytes:
        low = need("argon2.low_level")
        try:
            made: bytes = low.hash_secret(
                password,
                salt,
                time_cost=cost["passes"],
                memory_cost=cost["memory"],
                parallelism=cost["lanes"],
                hash_len=32,
                type=_type(low, self._variants[0]),
            )
        except need("argon2").exceptions.HashingError as error:
            raise Unavailable(
                f"{self.name} with memory {cost['memory']} (KiB) cannot be hashed here: {error}"
            ) from error
        return made

    def verify(self, password: bytes, raw: bytes) -> bool:
        low = need("argon2.low_level")
        exceptions = need("argon2").exceptions
        try:
            return bool(low.verify_secret(raw, password, _type(low, exact(raw, _ANY)[1].decode())))
        except (exceptions.VerificationError, exceptions.InvalidHash) as error:
            if str(error) not in [low.error_to_str(code) for code in _NO_RESOURCES]:
                return False
            # That says nothing of the password.
            memory = self.cost(raw)["memory"]
            raise Unavailable(f"{self.name} with memory {memory} (KiB) cannot be verified here: {error}") from error

    def cost(self, raw: bytes) -> Cost:
        _variant, memory, passes, lanes = exact(raw, _ANY).groups()
        return {"memory": int(memory), "passes": int(passes), "lanes": int(lanes)}

    def cost_problem(self, cost: Cost) -> str:
        lowest = 8 * cost["lanes"]
        return "" if cost["memory"] >= lowest else f"memory has to be at least 8 KiB for each lane, here {lowest}"


def _type(low: Any, variant: str) -> Any:
    return low.Type.ID if variant == "argon2id" else low.Type.I


ARGON2: tuple[Scheme, ...] = (
    Argon2("ARGON2ID", ("argon2id",), 65536, 3),
    Argon2("ARGON2I", ("argon2i",), 32768, 4),
    Argon2("ARGON2", ("argon2id", "argon2i"), 65536, 3),
)
