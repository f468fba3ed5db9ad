# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation as modules return it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...core.addresses import show_domain
from ...dns.seen import Seen
from .. import place
from ..record import split_strings
from ..selectors import record_name
from .model import SIGNING, Rotation, Selector
from .steps import Step, earliest


def domain_value(
    directory: str,
    domain: str,
    ttl: int | None,
    rotation: Rotation,
    steps: dict[str, Step],
    seen: Mapping[str, Seen],
    changes: Iterable[tuple[str, str | None, str | None]],
) -> dict[str, Any]:
    """Return one domain; ``records`` is what `dns_records` takes as ``dkim``.

    A key that check mode does not make has no record yet, and a record without a value could not be published.
    """
    first = earliest(steps)
    return {
        "name": domain,
        "unicode_name": show_domain(domain),
        "records": [
            _record(domain, one, one.published, ttl) for one in rotation.selectors if one.published is not None
        ],
        "signing": [one.name for one in rotation.selectors if one.state == SIGNING],
        "selectors": [
            {
                "selector": one.name,
                "algorithm": one.algorithm,
                "bits": one.bits,
                "key_path": str(place.key_path(directory, domain, one.name)),
                "state": one.state,
                "since": one.since,
                "visible": one.name in seen and seen[one.name].everywhere,
                "servers": [answer.shown() for answer in seen[one.name].answers] if one.name in seen else [],
                "problem": seen[one.name].problem or None if one.name in seen else None,
                "next_step": steps[one.name].what,
                "next_date": steps[one.name].date,
            }
            for one in rotation.selectors
        ],
        "next_step": None if first is None else {"selector": first[0], "step": first[1].what, "date": first[1].date},
        "changes": [{"selector": name, "before": before, "after": after} for name, before, after in changes],
    }


def _record(domain: str, one: Selector, value: str | None, ttl: int | None) -> dict[str, Any]:
    return {
        "name": record_name(domain, one.name),
        "type": "TXT",
        "value": value,
        "strings": split_strings(value or ""),
        **({} if ttl is None else {"ttl": ttl}),
    }
