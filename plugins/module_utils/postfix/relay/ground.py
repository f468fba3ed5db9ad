# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host must have for its relays to work: a name that leads somewhere, authorities, and login mechanisms."""

from __future__ import annotations

import glob
import os
import socket
from collections.abc import Callable, Sequence

from ...core.errors import InvalidValue, Unavailable
from .model import VERIFYING, Hop, Relay

# Where Cyrus SASL has its plug-ins on Debian, and the file of each mechanism.
SASL_PLUGINS = "/usr/lib/*/sasl2"
_PLUGIN_FILES = {
    "PLAIN": "libplain.so",
    "LOGIN": "liblogin.so",
    "CRAM-MD5": "libcrammd5.so",
    "DIGEST-MD5": "libdigestmd5.so",
    "SCRAM-SHA-1": "libscram.so",
    "SCRAM-SHA-256": "libscram.so",
}


def look_up(relays: Sequence[Relay], find: Callable[..., object] = socket.getaddrinfo) -> list[str]:
    """Look the host of each hop up and return warnings about those of which nothing can be said now.

    Raises:
        InvalidValue: there is no such host.
    """
    warnings = []
    for relay, hop in [(one, hop) for one in relays for hop in one.hops]:
        try:
            find(hop.host, hop.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
                raise _unknown(relay, hop) from error
            warnings.append(f"host {hop.host} of the relay {relay.name} cannot be looked up now: {error.strerror}")
    return warnings


def missing(relays: Sequence[Relay], plugins: str = SASL_PLUGINS) -> list[str]:
    """Return what this host lacks for ``relays``, one sentence each."""
    told = []
    for path in dict.fromkeys(relay.ca_file for relay in relays if relay.tls in VERIFYING):
        if not os.path.isfile(path):
            told.append(f"ca_file {path} is not there; install the package ca-certificates, or give another file")
    files = {os.path.basename(path) for path in glob.glob(f"{plugins}/lib*.so")}
    lacking: dict[str, list[str]] = {}
    for relay in relays:
        if all(hop.username is None for hop in relay.hops):
            continue
        wanted = relay.mechanisms or tuple(_PLUGIN_FILES)
        called = ", ".join(relay.mechanisms) or "any login mechanism"
        if not any(_PLUGIN_FILES[name] in files for name in wanted):
            lacking.setdefault(called, []).append(relay.name)
    told += [
        f"Postfix has no client for {called} ({', '.join(names)}); install the package libsasl2-modules"
        for called, names in lacking.items()
    ]
    return told


def demand(relays: Sequence[Relay]) -> None:
    """Fail if the host lacks anything for ``relays``.

    Raises:
        Unavailable: naming all that is missing.
    """
    if told := missing(relays):
        raise Unavailable("; ".join(told))


def _unknown(relay: Relay, hop: Hop) -> InvalidValue:
    return InvalidValue(f"host of the relay {relay.name}", hop.host, "is not known to the DNS", "correct the name")
