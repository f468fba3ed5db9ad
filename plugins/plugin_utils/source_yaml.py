# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts from YAML, with values that are vaulted by themselves (``!vault``).

Not by Ansible's own loader: its messages quote the line, with the password in it, and its marks on every value make
it several times as slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError

from .source_yaml_events import NotPlain, read_plain

_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)
# The one in C is ten times as fast, and is in Debian's package and in the wheels.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, name: str, decrypt: Callable[[bytes], bytes]) -> Any:
    """Return what is in the file ``name``; ``decrypt`` opens a vaulted value.

    Raises:
        AnsibleActionFail: it is no YAML, or a value cannot be decrypted; the message says where, and shows nothing.
    """

    class Loader(_Base):  # type: ignore[misc]  # chosen at run time
        """The safe loader, with Ansible's own tags, and without a guess which of two equal keys is meant."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = set()
            for key, _value in node.value:
                if key.value in keys and isinstance(key, yaml.ScalarNode):
                    raise yaml.constructor.ConstructorError(
                        problem="the same key stands above; leave one of the two out", problem_mark=key.start_mark
                    )
                keys.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            return super().construct_mapping(node, deep)

    def vaulted(_loader: Any, node: Any) -> str:
        try:
            return decrypt(str(node.value).encode()).decode()
        except (AnsibleError, UnicodeDecodeError):
            raise AnsibleActionFail(
                f"{name}, line {node.start_mark.line + 1}: the value cannot be decrypted; give the vault's password"
            ) from None

    for tag in ("!vault", "!vault-encrypted"):
        Loader.add_constructor(tag, vaulted)
    Loader.add_constructor("!unsafe", lambda _loader, node: str(node.value))
    try:
        return _read(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        # What is quoted there comes from the file.
        raise AnsibleActionFail(f"{place}: {_QUOTED.sub('...', error.problem or 'is no YAML')}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise AnsibleActionFail(f"{name}: has a character, number or date that YAML does not take") from None


def _read(text: str, loader: Any) -> Any:
    if hasattr(yaml, "CSafeLoader"):
        try:
            return read_plain(text)
        except NotPlain:
            # The loader reads it from the beginning.
            pass
    return yaml.load(text, loader)
