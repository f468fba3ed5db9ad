# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs and their records as modules return them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.addresses import show_domain
from .keys import PublicKey
from .record import split_strings


def key_value(domain: str | None, selector: str | None, path: Path | None, public: PublicKey | None) -> dict[str, Any]:
    """Return a key pair as modules return it, ``None`` for what is not known or not there."""
    return {
        "domain": domain,
        "unicode_domain": domain and show_domain(domain),
        "selector": selector,
        "key_path": path and str(path),
        "algorithm": public and public.algorithm,
        "bits": public and public.bits,
        "form": public and public.form,
        "public_key": public and public.pem,
        "spki_sha256": public and public.spki_sha256,
    }


def record_entry(name: str | None, value: str | None) -> dict[str, Any]:
    """Return a TXT record as modules return it, ``value`` unquoted and in one piece."""
    return {"name": name, "type": "TXT", "value": value, "strings": None if value is None else split_strings(value)}
