# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of the keys that Rspamd signs with: its text, and the form in which Rspamd reads a key.

It is a part of ``dkim_signing.conf`` that names every key of each domain (``domain { NAME { selectors [...] } }``),
which Rspamd 3.4 and 3.12 both take. Rspamd does not read Ed25519 in PKCS#8: those keys are written once more, beside
the list, as Base64 of their 32 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...core.errors import InvalidValue

_HEAD = "# Written by mailwright.mail.dkim_rotation, which alone knows when a key may sign. Changes are lost.\n"
_DOMAIN = re.compile(r'^  "([^"]+)" \{$')
_SELECTOR = re.compile(r'^      \{ selector = "([^"]+)"; path = "[^"]+"; \},?$')
# What means something else in a quoted text there: an end, an escape, a variable, a new line.
_SPECIAL = re.compile(r'["\\$\n\r]')
_DERIVED = "ed25519"


def derived_path(signing_file: str, domain: str, selector: str) -> Path:
    """Return where a key lies that is written once more for Rspamd."""
    return Path(signing_file).parent / _DERIVED / domain / f"{selector}.key"


def check_text(option: str, path: str) -> str:
    """Return ``path``.

    Raises:
        InvalidValue: it has characters that mean something else in the list.
    """
    if _SPECIAL.search(path):
        raise InvalidValue(option, path, 'has one of the characters " \\ $', "give a path without them")
    return path


def text(signers: Mapping[str, Iterable[tuple[str, str]]]) -> bytes:
    """Return the list for ``signers``: by domain, pairs of selector and path."""
    lines = ["domain {"]
    for domain in sorted(signers):
        pairs = [f'      {{ selector = "{selector}"; path = "{path}"; }}' for selector, path in signers[domain]]
        if pairs:
            lines += [f'  "{domain}" {{', "    selectors [", *",\n".join(pairs).split("\n"), "    ]", "  }"]
    return (_HEAD + "\n".join([*lines, "}"]) + "\n").encode()


def listed(content: bytes | None) -> dict[str, frozenset[str]]:
    """Return which selectors of which domains a list names; what others wrote there names none."""
    found: dict[str, set[str]] = {}
    domain = ""
    for line in (content or b"").decode(errors="replace").splitlines():
        if match := _DOMAIN.match(line):
            domain = match[1]
        elif domain and (match := _SELECTOR.match(line)):
            found.setdefault(domain, set()).add(match[1])
    return {name: frozenset(selectors) for name, selectors in found.items()}
