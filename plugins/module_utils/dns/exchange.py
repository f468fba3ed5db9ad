# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one address of a name server or resolver; the one file that talks DNS to them.

It goes over UDP and, where the answer is cut or none comes, over TCP.
"""

from __future__ import annotations

import errno
import ipaddress
import time
from typing import Any

from ..core.deps import need
from . import seen

# What fits through every network without being cut into pieces (DNS Flag Day 2020).
_PAYLOAD = 1232
_NO_ROUTE = (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


class Failed(Exception):
    """There is no answer: why, one of the words of `seen`, and for people with more to it."""

    def __init__(self, verdict: str, told: str = "") -> None:
        super().__init__(told or verdict)
        self.verdict = verdict


def exchange(
    address: str,
    name: str,
    type_: str,
    *,
    port: int,
    timeout: float,
    recursive: bool,
    flags: int = 0,
    patience: float | None = None,
) -> Any:
    """Return the answer of ``address``, a message of dnspython's.

    ``timeout`` is for one question over one transport, in seconds, and ``patience`` for both together. ``flags`` are
    further header flags, as ``AD`` and ``CD``.

    Raises:
        Failed: there is none, or none that can be read.
        Unavailable: the library is not installed.
    """
    query, exception = need("dns.query"), need("dns.exception")
    if recursive:
        flags |= int(need("dns.flags").RD)
    until = time.monotonic() + (2 * timeout if patience is None else patience)
    try:
        message = need("dns.message").make_query(
            f"{name.removesuffix('.')}.", type_, flags=flags, use_edns=0, payload=_PAYLOAD
        )
        try:
            answer, _tcp = query.udp_with_fallback(
                message, address, port=port, timeout=_left(timeout, until), ignore_unexpected=True
            )
        except exception.Timeout:
            # A firewall may let only one of the two through.
            try:
                answer = query.tcp(message, address, port=port, timeout=_left(timeout, until))
            except EOFError as error:
                # A resolver that waits itself closes connections when it has too many.
                raise Failed(seen.TIMEOUT) from error
    except (exception.Timeout, TimeoutError) as error:
        raise Failed(seen.TIMEOUT) from error
    except OSError as error:
        raise Failed(seen.NO_ROUTE if error.errno in _NO_ROUTE else seen.UNREACHABLE) from error
    # A server's bytes may make the library stumble in more ways than its own exceptions tell.
    except (EOFError, exception.DNSException, ValueError, IndexError) as error:
        raise Failed(seen.MALFORMED) from error
    return answer


def system_resolvers() -> list[str]:
    """Return the addresses of the resolvers that the system asks."""
    resolver = need("dns.resolver")
    try:
        found = resolver.Resolver().nameservers
    except resolver.NoResolverConfiguration:
        return []
    return [str(address) for address in found if _is_address(str(address))]


def _left(timeout: float, until: float) -> float:
    left = min(timeout, until - time.monotonic())
    if left <= 0:
        raise TimeoutError
    return left


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return False
    return True
