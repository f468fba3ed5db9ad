# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits as people write them and as Rspamd's ratelimit module reads them: ``100/1h``."""

from __future__ import annotations

import re

from ..core.errors import InvalidValue

NO_LIMIT = ""
_RATE = re.compile(r"([0-9]{1,9})\s*/\s*([0-9]{0,4})\s*([smhd])", re.ASCII)


def parse_rate(subject: str, value: object) -> str:
    """Return ``value`` in the one stored form, messages per time such as ``100/1h``; ``unlimited`` is ``NO_LIMIT``.

    Raises:
        InvalidValue: it is no rate, or one that lets nothing through.
    """
    text = str(value).strip().lower() if isinstance(value, str) else ""
    if text in ("unlimited", NO_LIMIT) and isinstance(value, str):
        return NO_LIMIT
    match = _RATE.fullmatch(text)
    wanted = "give messages per time such as 100/1h (s, m, h or d), or unlimited"
    if match is None:
        raise InvalidValue(subject, value, "is not a rate", wanted)
    messages, count = int(match[1]), int(match[2] or "1")
    if not messages or not count:
        raise InvalidValue(subject, value, "lets nothing through", f"{wanted}; a mailbox without smtp sends nothing")
    return f"{messages}/{count}{match[3]}"
