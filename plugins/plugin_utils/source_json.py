# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts from JSON."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleActionFail

from .source_entry import OPTIONS

# What is no option may be anything.
_SHOWN = {*OPTIONS, *(option for options in OPTIONS.values() for option in options)}


def read_json(text: str, name: str) -> Any:
    """Return what is in the file ``name``.

    Raises:
        AnsibleActionFail: it is no JSON, or does not say which of two equal keys is meant; the message shows no value.
    """
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, name))
    except json.JSONDecodeError as error:
        raise AnsibleActionFail(f"{name}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise AnsibleActionFail(f"{name}: has a number too long or lists too deep to be read") from None


def _object(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        shown = twice if twice in _SHOWN else "(hidden)"
        raise AnsibleActionFail(f"{name}: the key {shown} stands twice in one object; leave one of the two out")
    return result
