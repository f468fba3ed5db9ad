# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that came from bytes that are no UTF-8: Python keeps such a byte as a surrogate (PEP 383), JSON takes none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")


def readable(value: Any) -> Any:
    """Return ``value``, a text or lists and dictionaries of them, with ``\\xfc`` in the place of each such byte."""
    if isinstance(value, str):
        return value if value.isascii() else SURROGATE.sub(_escape, value)
    if isinstance(value, Mapping):
        return {readable(name): readable(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [readable(inner) for inner in value]
    return value


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    # Only U+DC80 to U+DCFF stand for bytes; any other was written as an escape of JSON or YAML.
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
