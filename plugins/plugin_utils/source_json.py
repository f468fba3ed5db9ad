# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts from JSON."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleActionFail


def read_json(text: str, name: str) -> Any:
    """Return what is in the file ``name``.

    Raises:
        AnsibleActionFail: it is no JSON; the message says where, and shows nothing of it.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise AnsibleActionFail(f"{name}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise AnsibleActionFail(f"{name}: has a number too long or lists too deep to be read") from None
