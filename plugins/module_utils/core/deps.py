# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries beyond Python's own, each imported when it is first needed and named with the package that has it."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import Unavailable

# import name -> Debian's package
PACKAGES = {
    "argon2": "python3-argon2",
    "cryptography": "python3-cryptography",
    "dkim": "python3-dkim",
    "dns": "python3-dnspython",
    "idna": "python3-idna",
    "lmdb": "python3-lmdb",
    "nacl": "python3-nacl",
    "passlib": "python3-passlib",
    "psycopg2": "python3-psycopg2",
}


def need(name: str) -> Any:
    """Return the library ``name``.

    Raises:
        Unavailable: it is not installed for the Python that runs the module; the message names Debian's package.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = PACKAGES[name.partition(".")[0]]
        raise Unavailable(
            f"the Python library {name} is needed here and is not installed ({error}); install {package}"
        ) from error
