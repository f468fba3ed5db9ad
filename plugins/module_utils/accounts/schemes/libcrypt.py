# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system's ``crypt()`` by ctypes: Python 3.13 has no ``crypt`` module, and this releases the interpreter's lock."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from ...core.errors import Unavailable

# libxcrypt's struct crypt_data has 32 KiB, glibc's own had 131,232 bytes (crypt.h).
_CRYPT_DATA = 131_232
# libcrypt takes at most CRYPT_MAX_PASSPHRASE_SIZE bytes, of which NUL is one (crypt.h).
LONGEST = 511


def crypt(password: bytes, setting: bytes) -> bytes | None:
    """Return crypt(3)'s answer, ``None`` where it refuses (it then answers ``*0`` or ``*1``).

    Raises:
        Unavailable: the system has no libcrypt.
    """
    data = ctypes.create_string_buffer(_CRYPT_DATA)
    made = _library().crypt_r(password, setting, data)
    return None if not made or made.startswith(b"*") else bytes(made)


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    for name in ("libcrypt.so.1", "libcrypt.so.2"):
        try:
            library = ctypes.CDLL(name)
            library.crypt_r.restype = ctypes.c_char_p
            library.crypt_r.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
        except (OSError, AttributeError):
            continue
        return library
    raise Unavailable(
        "the system's libcrypt (libcrypt.so.1) is needed for this password scheme and was not found; install libcrypt1"
    )
