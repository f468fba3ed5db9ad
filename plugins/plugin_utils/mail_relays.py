# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of ``mail_relays``: what the module `relay` takes, and who may send for which domain (SPF); pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_address, parse_domain
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dns.names import parse_name

Entry = dict[str, Any]
# What the DNS has to know of a relay. Nothing of it is secret.
_DNS = ("match", "spf_include")
PARTS = ("dns", "relay")


def relays_for(part: str, relays: Any) -> list[Entry]:
    """Return the entries of ``relays`` with what concerns one part of the collection.

    Args:
        part: ``relay``: what the module `relay` takes in ``relays``, and whatever is not known, so that a misspelt key
            is told. ``dns``: which mail each relay gets and its provider's SPF record, without any login.
        relays: ``mail_relays``.

    Raises:
        InvalidValue: no such part, or an entry that is none.
    """
    if part not in PARTS:
        raise InvalidValue("part", part, "is not known", f"give one of {', '.join(PARTS)}")
    entries = relay_list(relays, "mail_relays")
    if part == "dns":
        return [{key: entry[key] for key in _DNS if key in entry} for entry in entries]
    return [{key: value for key, value in entry.items() if key != "spf_include"} for entry in entries]


def relay_list(value: Any, what: str) -> list[Mapping[str, Any]]:
    """Return ``value`` as a list of relays; no message shows what is in one, as that may be a password.

    Raises:
        InvalidValue: it is none.
    """
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidValue(what, type(value).__name__, "is no list", "give a list of relays")
    entries = list(value)
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping):
            raise InvalidValue(f"{what}[{number}]", type(entry).__name__, "is no dictionary", "give one with host")
    return entries


def spf_includes(domain: str, relays: Iterable[Mapping[str, Any]], host: str) -> list[str]:
    """Return the SPF mechanisms of the providers that ``host``, with ``relays``, sends mail of ``domain`` through.

    These are relays for the domain as a sender, for an address in it, and for recipients, as anybody may write to
    them. A relay without ``match`` gets the domain's mail unless another relay is for the domain as a sender.

    Args:
        domain: the domain, in lower-case A-labels.
        relays: as `relays_for` returns them for ``dns``.
        host: the host's name, for messages.

    Raises:
        InvalidValue: a domain, an address, or a name in ``spf_include`` that is none.
    """
    always, otherwise, elsewhere = dict[str, None](), dict[str, None](), False
    for number, relay in enumerate(relays, 1):
        place = f"relays[{number}] of {host}"
        mechanism = _mechanism(relay.get("spf_include"), place)
        match = relay.get("match")
        if match is None:
            otherwise |= mechanism
            continue
        domains = {parse_domain(one, f"match.sender_domains of {place}") for one in match.get("sender_domains") or ()}
        senders = {parse_address(one, f"match.senders of {place}").domain for one in match.get("senders") or ()}
        elsewhere = elsewhere or domain in domains
        if domain in domains | senders or match.get("recipient_domains"):
            always |= mechanism
    return list(always if elsewhere else {**always, **otherwise})


def _mechanism(value: Any, place: str) -> dict[str, None]:
    if value is None:
        return {}
    if not isinstance(value, str) or ":" in value:
        raise InvalidValue(
            f"spf_include of {place}", value, "is no name", "give what stands behind include: at the provider"
        )
    return {f"include:{parse_name(value, f'spf_include of {place}')}": None}
