# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A generated app password on its way to whoever needs it: a file on the host, the module's result, or both.

The file is written before the password is stored, so that a run that is killed in between leaves a file that the next
run takes the password from, and never a password that nobody knows.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path

from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.files import read_bytes, sync_directory, write_atomic
from ..core.plan import Change
from .model import Accounts
from .passwords import BadPassword, check_password
from .schemes.known import make_recipe
from .wanted_app_password import WantedAppPassword

# Lower case and digits that nobody confuses with one another: 32 characters, 5 bits each.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 5, 5
_LENGTH = _GROUPS * (_GROUP + 1) - 1
# Dovecot verifies all app passwords of a mailbox, one after the other, and nobody guesses 125 bits: a quick scheme.
SCHEME = "SHA512-CRYPT"


def make_password() -> str:
    """Return a new password of 125 bits, such as ``k3fpq-7hxwe-m2c9t-vz4ru-nd8ys``."""
    groups = ("".join(secrets.choice(ALPHABET) for dummy in range(_GROUP)) for dummy in range(_GROUPS))
    return "-".join(groups)


class Handover:
    """``file`` is ``""`` for none. What is to be done is known after `prepare`."""

    def __init__(self, file: str, returned: bool) -> None:
        self._file = file
        self._returned = returned
        self._made = ""
        self._writes = False
        self._removes = False
        # What the module returns, if anything.
        self.password: str | None = None
        self.warnings: list[str] = []

    @property
    def writes(self) -> bool:
        """Whether `write` has anything to do."""
        return self._writes

    def prepare(self, wanted: WantedAppPassword, found: Accounts, *, predict: bool) -> WantedAppPassword:
        """Return the app password asked for, with a password where one has to be generated, in check mode an empty one.

        May be called again when the store has changed.

        Raises:
            Conflict: nobody would get to know the password; or there is nothing to hand over.
            InvalidValue, BadPassword, Unavailable: the file cannot be taken.
        """
        self._writes = self._removes = False
        self.password, self.warnings = None, []
        subject = f"app password {wanted.key}"
        if self._file and not os.path.isabs(self._file):
            raise InvalidValue(f"password_file of {subject}", self._file, "is no full path", "start it with /")
        if not wanted.present:
            self._removes = bool(self._file) and os.path.lexists(self._file)
            return wanted
        if wanted.password is not None or wanted.password_hash is not None:
            if self._file or self._returned:
                raise Conflict(
                    f"{subject}: password_file and return_password hand over a generated password; leave them out, or "
                    "password and password_hash"
                )
            return wanted
        if wanted.key in found.app_passwords:
            return wanted
        if not self._file and not self._returned:
            raise Conflict(
                f"{subject} is new, and nobody would get to know the password generated for it; give password_file or "
                "return_password: true, or a password or password_hash of your own"
            )
        recipe = wanted.recipe or make_recipe("password_scheme", SCHEME)
        text = self._text(subject)
        if text is not None:
            check_password(f"the password of {subject} in {self._file}", text, recipe)
        else:
            self._writes = bool(self._file)
            check_password(f"the password generated for {subject}", "x" * _LENGTH, recipe)
            text = "" if predict else self._new()
        if self._returned and not predict:
            self.password = text
        return replace(wanted, password=text, recipe=recipe)

    def changes(self) -> list[Change]:
        """Return what becomes of the file, for the plan."""
        if self._writes:
            return [Change("password_file", self._file, None, {"state": "written"})]
        return [Change("password_file", self._file, {"state": "written"}, None)] if self._removes else []

    def write(self) -> None:
        """Write the file.

        Raises:
            Unavailable: it cannot be written, or somebody else has written it by now.
        """
        if self._writes:
            write_atomic(self._file, f"{self._made}\n".encode(), replace=False)

    def remove(self) -> None:
        """Remove the file of an app password that is revoked: a later one would else get the same password.

        Raises:
            Unavailable: it cannot be removed.
        """
        if not self._removes:
            return
        try:
            os.unlink(self._file)
            sync_directory(Path(self._file).parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unavailable(f"{self._file} cannot be removed: {error.strerror}; remove it and run again") from error

    def _new(self) -> str:
        self._made = self._made or make_password()
        return self._made

    def _text(self, subject: str) -> str | None:
        """Return the password in the file, ``None`` where there is none."""
        if not self._file:
            return None
        content = read_bytes(self._file)
        if content is None:
            if os.path.lexists(self._file):
                raise Unavailable(f"password_file {self._file} is a symbolic link that leads nowhere; remove it")
            if not Path(self._file).parent.is_dir():
                self.warnings.append(
                    f"password_file {self._file}: its directory is not there; a run fails unless an earlier task makes "
                    "it"
                )
            return None
        if Path(self._file).stat().st_mode & 0o077:
            self.warnings.append(f"password_file {self._file}: others may read it; give it the mode 0600")
        try:
            return content.decode().removesuffix("\n")
        except UnicodeDecodeError as error:
            raise BadPassword(f"the password of {subject} in {self._file}", "is no UTF-8 text") from error
