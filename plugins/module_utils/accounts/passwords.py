# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Password hashes in Dovecot's form ``{SCHEME}body``: made, recognised and verified.

Schemes: https://doc.dovecot.org/main/core/config/auth/schemes.html. ``crypt()`` comes from the system's libcrypt by
ctypes, because Python 3.13 has no ``crypt`` module. Both libraries release the interpreter's lock while they hash,
so that threads use all cores.
"""

from __future__ import annotations

import ctypes
import hmac
import os
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from ..core.deps import need
from ..core.errors import InvalidValue, MailwrightError, Unavailable
from .model import NO_LOGIN

DEFAULT_SCHEME = "ARGON2ID"
_PREFIX = re.compile(r"\{([A-Za-z0-9.-]+)\}(.*)", re.DOTALL)
# libxcrypt's struct crypt_data has 32 KiB, glibc's own had 131,232 bytes (crypt.h).
_CRYPT_DATA = 131_232


class BadPassword(MailwrightError):
    """A password or hash cannot be taken. The message never shows it."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject} {reason}")


class Scheme(ABC):
    """One of Dovecot's password schemes. ``body`` is a hash without its ``{SCHEME}``."""

    name: str
    # The longest password in bytes that counts as a whole; None where there is no such limit.
    longest: int | None = None

    @abstractmethod
    def recognises(self, body: str) -> bool:
        """Whether ``body`` has the form of this scheme."""

    @abstractmethod
    def make(self, password: str) -> str:
        """Return a new body for ``password``."""

    @abstractmethod
    def verify(self, password: str, body: str) -> bool:
        """Whether ``body`` was made from ``password``."""


class Argon2id(Scheme):
    """RFC 9106. Cost: 64 MiB, 3 passes, 1 lane, which Dovecot's auth-worker verifies within its default memory."""

    name = "ARGON2ID"
    _FORM = re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}", re.ASCII)

    def recognises(self, body: str) -> bool:
        return self._FORM.fullmatch(body) is not None

    def make(self, password: str) -> str:
        low = need("argon2.low_level")
        made: bytes = low.hash_secret(
            password.encode(),
            secrets.token_bytes(16),
            time_cost=3,
            memory_cost=65536,
            parallelism=1,
            hash_len=32,
            type=low.Type.ID,
        )
        return made.decode()

    def verify(self, password: str, body: str) -> bool:
        low = need("argon2.low_level")
        exceptions = need("argon2").exceptions
        try:
            return bool(low.verify_secret(body.encode(), password.encode(), low.Type.ID))
        except (exceptions.VerificationError, exceptions.InvalidHash):
            return False


class Crypt(Scheme):
    """A scheme of crypt(5). ``cost`` is its count: the logarithm of the rounds for bcrypt, 0 for the default."""

    def __init__(self, name: str, prefix: str, cost: int, form: str, longest: int) -> None:
        self.name = name
        self.longest = longest
        self._prefix = prefix
        self._cost = cost
        self._form = re.compile(form, re.ASCII)

    def recognises(self, body: str) -> bool:
        return self._form.fullmatch(body) is not None

    def make(self, password: str) -> str:
        library = _libcrypt()
        setting = ctypes.create_string_buffer(256)
        random = secrets.token_bytes(16)
        if not library.crypt_gensalt_rn(self._prefix.encode(), self._cost, random, len(random), setting, len(setting)):
            raise Unavailable(f"the system's libcrypt does not make {self.name} hashes; choose another password_scheme")
        made = _crypt(password, setting.value)
        if made is None:
            raise Unavailable(f"the system's libcrypt does not make {self.name} hashes; choose another password_scheme")
        return made.decode()

    def verify(self, password: str, body: str) -> bool:
        made = _crypt(password, body.encode())
        return made is not None and hmac.compare_digest(made, body.encode())


SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Argon2id(),
        # bcrypt reads 72 bytes and silently ignores the rest.
        Crypt("BLF-CRYPT", "$2y$", 10, r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}", 72),
        # 5,000 rounds, as doveadm pw makes them; libcrypt takes at most CRYPT_MAX_PASSPHRASE_SIZE bytes (crypt.h).
        Crypt("SHA512-CRYPT", "$6$", 0, r"\$6\$(rounds=[0-9]+\$)?[^$:\s\x00]{0,16}\$[./A-Za-z0-9]{86}", 511),
    )
}


def find_scheme(subject: str, name: str) -> Scheme:
    """Return the scheme ``name``, upper or lower case.

    Raises:
        InvalidValue: it is none that can be made here.
    """
    scheme = SCHEMES.get(name.upper())
    if scheme is None:
        raise InvalidValue(subject, name, "is no password scheme known here", f"use one of {', '.join(SCHEMES)}")
    return scheme


def parse_hash(subject: str, value: str) -> str:
    """Return a password hash in its stored form: ``*``, or with the scheme before it, which may be left out.

    Raises:
        InvalidValue: the scheme is unknown. Only its name is shown.
        BadPassword: the hash has not the form of its scheme, or of any.
    """
    if value == NO_LOGIN:
        return value
    match = _PREFIX.fullmatch(value)
    if match is None:
        for scheme in SCHEMES.values():
            if scheme.recognises(value):
                return f"{{{scheme.name}}}{value}"
        raise BadPassword(
            subject, f"is of no scheme known here; give {{SCHEME}}hash with one of {', '.join(SCHEMES)}, or *"
        )
    scheme = find_scheme(f"scheme of {subject}", match[1])
    if not scheme.recognises(match[2]):
        raise BadPassword(
            subject, f"has not the form of a {scheme.name} hash; make one with doveadm pw -s {scheme.name}"
        )
    return f"{{{scheme.name}}}{match[2]}"


def scheme_of(stored: str) -> str | None:
    """Return the scheme of a hash in its stored form; ``None`` for ``*``."""
    match = _PREFIX.fullmatch(stored)
    return match[1] if match else None


def check_password(subject: str, password: str, scheme: Scheme | None = None) -> None:
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
    if scheme is not None and scheme.longest is not None and size > scheme.longest:
        raise BadPassword(
            subject, f"has {size} bytes, and {scheme.name} reads only {scheme.longest}; choose another scheme"
        )


def make_hash(scheme: str, password: str) -> str:
    """Return a new hash of ``password`` in its stored form."""
    return f"{{{scheme}}}{SCHEMES[scheme].make(password)}"


def verify(stored: str, password: str) -> bool:
    """Whether ``stored`` was made from ``password``; never for ``*`` and for schemes unknown here."""
    match = _PREFIX.fullmatch(stored)
    scheme = SCHEMES.get(match[1]) if match else None
    return scheme is not None and match is not None and scheme.verify(password, match[2])


def verify_many(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bool]:
    """Verify (stored hash, password) pairs on all cores and return what each gave."""
    wanted = list(dict.fromkeys(pairs))
    with ThreadPoolExecutor(_cores()) as pool:
        return dict(zip(wanted, pool.map(lambda pair: verify(*pair), wanted), strict=True))


def make_many(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Hash (scheme, password) pairs on all cores, each with a salt of its own, in their order."""
    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(lambda pair: make_hash(*pair), pairs))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@lru_cache(maxsize=1)
def _libcrypt() -> ctypes.CDLL:
    for name in ("libcrypt.so.1", "libcrypt.so.2"):
        try:
            library = ctypes.CDLL(name)
            library.crypt_r.restype = ctypes.c_char_p
            library.crypt_r.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
            library.crypt_gensalt_rn.restype = ctypes.c_char_p
            library.crypt_gensalt_rn.argtypes = [
                ctypes.c_char_p,
                ctypes.c_ulong,
                ctypes.c_char_p,
                ctypes.c_int,
                ctypes.c_char_p,
                ctypes.c_int,
            ]
        except (OSError, AttributeError):
            continue
        return library
    raise Unavailable(
        "the system's libcrypt (libcrypt.so.1) is needed for this password scheme and was not found; install libcrypt1"
    )


def _crypt(password: str, setting: bytes) -> bytes | None:
    """Return crypt(3)'s answer, ``None`` where it refuses (it then answers ``*0`` or ``*1``)."""
    data = ctypes.create_string_buffer(_CRYPT_DATA)
    made = _libcrypt().crypt_r(password.encode(), setting, data)
    return None if not made or made.startswith(b"*") else bytes(made)
