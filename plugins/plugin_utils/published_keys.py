# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a host's DKIM keys everybody has to find in the DNS; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.rotation.model import RETIRING, SIGNING, VISIBLE

# A key that is not rotated has no state.
_STATES = (None, VISIBLE, SIGNING, RETIRING)


def published_keys(keys: Any) -> list[dict[str, Any]]:
    """Return the records of ``keys``, `dkim_key_info`'s ``dkim_keys``, by domain: ``[{"name": ..., "dkim": [...]}]``.

    A key that is younger may still be missing on a name server or in a cache, and a revoked one is good for nothing.

    Raises:
        InvalidValue: no list of keys.
    """
    if isinstance(keys, (str, bytes, Mapping)) or not isinstance(keys, Iterable):
        raise InvalidValue("keys", type(keys).__name__, "is no list", "give dkim_keys of dkim_key_info")
    found: dict[str, list[Any]] = {}
    for number, key in enumerate(keys, 1):
        if not isinstance(key, Mapping) or not {"domain", "record", "state"} <= key.keys():
            raise InvalidValue(f"keys[{number}]", type(key).__name__, "is no key", "give dkim_keys of dkim_key_info")
        if key["state"] in _STATES and key["record"]["value"]:
            found.setdefault(key["domain"], []).append(key["record"])
    return [{"name": domain, "dkim": records} for domain, records in found.items()]
