# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every check is handed: whom to ask, and what is expected. A check does nothing but ask these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..dns.reply import Lookup


@dataclass(frozen=True)
class Fetched:
    """What a web server gave for an MTA-STS policy: its ``text``, or the ``problem`` in a sentence.

    ``reached``: the problem is the server's; without it, it may be that of the network here.
    """

    text: str = ""
    problem: str = ""
    reached: bool = True


@dataclass(frozen=True)
class Presented:
    """What a mail server presented in TLS, or the ``problem`` in a sentence.

    ``spki_sha256`` and ``certificate_sha256`` belong to its own certificate, ``chain`` has the DER forms of all that it
    presented, its own first; ``names`` are those of its own certificate. ``reached`` is as `Fetched` has it. ``whole``:
    the chain is all that was presented; older Pythons tell the server's own certificate alone.
    """

    chain: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    spki_sha256: str = ""
    certificate_sha256: str = ""
    problem: str = ""
    reached: bool = True
    whole: bool = True


def _nobody(*_unused: object) -> Fetched:
    return Fetched(problem="nobody was asked", reached=False)


def _no_server(*_unused: object) -> Presented:
    return Presented(problem="nobody was asked", reached=False)


@dataclass(frozen=True)
class World:
    """Whom a check asks, and what it expects.

    ``expected`` are the values, in the form of `dns.values`, that each name and type ought to have; nothing is expected
    of what is not in it. ``addresses`` are those that the domains' mail is sent from, ``selectors`` those to look for
    beside the expected ones. ``fetch`` gets a domain's MTA-STS policy, ``present`` shows what a host's port presents
    after STARTTLS. Each of them may be called from several threads.
    """

    lookup: Lookup
    expected: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    blocklists: tuple[str, ...] = ()
    fetch: Callable[[str], Fetched] = _nobody
    present: Callable[[str, int], Presented] = _no_server
