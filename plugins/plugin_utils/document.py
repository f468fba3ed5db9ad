# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that travel to a module in its one ``no_log`` argument ``document``."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.document import encode

# Options whose value has to be the very text that was meant.
_SECRETS = ("password", "password_hash", "login_password")


class DocumentAction(ActionBase):
    """Runs ``MODULE`` with its ``HIDDEN`` options in the document; the others of its ``OPTIONS`` go as they are."""

    MODULE = ""
    OPTIONS: Collection[str] = ()
    HIDDEN: tuple[str, ...] = ()
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result."""
        variables = task_vars or {}
        # Of long lists there are hundreds of thousands of objects by now, which the collector would look through again
        # and again. This process ends with the task.
        gc.freeze()
        result: dict[str, Any] = super().run(tmp, variables)
        try:
            # ansible-core 2.18 leaves its placeholder for omitted values inside lists and dictionaries.
            arguments = self._arguments(variables.get("omit"))
        except AnsibleActionFail as error:
            # Returned, and not raised, so that failed_when and ignore_errors see it as any other failure.
            return {**result, "failed": True, "msg": error.message}
        result.update(
            self._execute_module(
                module_name=self.MODULE,
                module_args=arguments,
                task_vars=variables,
                wrap_async=bool(self._task.async_val),
            )
        )
        return result

    def _arguments(self, omitted: object) -> dict[str, Any]:
        """Return what the module is called with.

        Raises:
            AnsibleActionFail: an option that the module does not have, or a value that cannot go into the document.
        """
        arguments = {name: value for name, value in self._task.args.items() if name != "document" or value is not None}
        if "document" in arguments:
            raise AnsibleActionFail("document is for the collection's own use; give the options themselves")
        # The module would refuse these as well, and Ansible would show what it was given: passwords in a list, too.
        if unknown := sorted(set(arguments) - set(self.OPTIONS)):
            told = f"the option {unknown[0]} is" if len(unknown) == 1 else f"the options {', '.join(unknown)} are"
            raise AnsibleActionFail(f"{told} not known; known are {', '.join(sorted(self.OPTIONS))}")
        if hidden := self._hidden(arguments, omitted):
            arguments["document"] = encode(hidden)
        return arguments

    def _hidden(self, arguments: dict[str, Any], omitted: object) -> dict[str, Any]:
        """Return what goes into the document, and take it out of ``arguments``.

        Raises:
            AnsibleActionFail: a value that cannot go there.
        """
        given = {name: arguments.pop(name) for name in self.HIDDEN if arguments.get(name) is not None}
        result: dict[str, Any] = plain(given, "", omitted)
        return result


def plain(value: Any, place: str, omitted: object = None) -> Any:
    """Return ``value`` in JSON's own types: tags and vault envelopes off, omitted entries left out.

    Dates that YAML made of a text become that text, as on any other way to a module, but not in place of a secret.

    Raises:
        AnsibleActionFail: a secret that YAML made a date, or a value that JSON does not have; the message says where.
    """
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {
            str(key): plain(entry, f"{place}.{key}" if place else str(key), omitted)
            for key, entry in value.items()
            if not _is(entry, omitted)
        }
    if isinstance(value, str) or _is_vaulted(value):
        return str(value)
    if isinstance(value, dt.date):
        if place.rpartition(".")[2] not in _SECRETS:
            return value.isoformat()
        # Without the value.
        raise AnsibleActionFail(f"{place} is a date, which YAML makes of such a text: put it in quotes")
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [
            plain(entry, f"{place}[{number}]", omitted)
            for number, entry in enumerate(value, 1)
            if not _is(entry, omitted)
        ]
    raise AnsibleActionFail(
        f"{place} is of the type {type(value).__name__}: give text, a number, a boolean, a list or a dictionary"
    )


def _is(value: object, omitted: object) -> bool:
    return isinstance(value, str) and isinstance(omitted, str) and value == omitted


def _is_vaulted(value: object) -> bool:
    # Vaulted values that nothing has templated: up to ansible-core 2.18 a class with this mark, since 2.19
    # EncryptedString. Neither is a str, and both decrypt when they are turned into one.
    return hasattr(value, "__ENCRYPTED__") or type(value).__name__ == "EncryptedString"
