# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``tls_rpt``: where other servers report failures of TLS (RFC 8460, section 3)."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from ..core.addresses import parse_address
from ..core.errors import InvalidValue, shown
from .expected import compare
from .findings import Findings
from .model import Check
from .replies import NAME_LIMIT, as_record, cut, failure, told
from .tags import EXTENSION, comparable, read_tags
from .world import World

_VERSION = re.compile(r"v=TLSRPTv1[ \t]*(?:;|$)", re.ASCII)
_URI_LIMIT = 20


def check_tls_rpt(domain: str, world: World) -> Check:
    """Return the verdict on the TLS-RPT record of ``domain``. None is an error where one is expected, else a warning.

    Fields: ``rua``: the URIs that reports go to, as they stand there.
    """
    name = f"_smtp._tls.{domain}"
    reply = world.lookup.resolve(name, "TXT")
    findings = Findings()
    if reply.failed:
        findings.add(failure(reply), told(name, "TXT", reply))
        return findings.check("", rua=[])
    texts = [text for text in reply.values if _VERSION.match(text)]
    compared = compare(world, name, "TXT", texts, comparable)
    if compared is not None and not compared.match:
        findings.error(compared.told())
    if not texts:
        why = f"{name} has other TXT only" if reply.found else told(name, "TXT", reply)
        findings.warning(f"nobody reports failures of TLS for {domain}: {why}")
        return findings.check("", as_record(reply.values), rua=[])
    if len(texts) > 1:
        findings.error(f"there are {len(texts)} TLS-RPT records at {name}; senders ignore them")
        return findings.check("", as_record(texts), rua=[])
    read = read_tags(texts[0], EXTENSION)
    for problem in read.problems:
        findings.warning(f"TLS-RPT record: {problem}")
    uris = [part.strip(" \t") for part in read.tags.get("rua", "").split(",", _URI_LIMIT)]
    if len(uris) > _URI_LIMIT:
        uris.pop()
        findings.warning(f"rua= has more than {_URI_LIMIT} URIs; the rest is not looked at")
    if "rua" not in read.tags:
        findings.error("TLS-RPT record has no rua=, so there is nobody to report to")
        uris = []
    for uri in uris:
        problem = _problem(uri)
        if problem:
            findings.error(f"rua={shown(uri, 100)} {problem}")
    told_uris = [cut(uri, NAME_LIMIT) for uri in uris]
    return findings.check(f"failures of TLS are reported to {', '.join(told_uris)}", as_record(texts), rua=told_uris)


def _problem(uri: str) -> str:
    """Return why reports cannot go to ``uri``, empty where they can."""
    if uri.lower().startswith("mailto:"):
        try:
            parse_address(unquote(uri[len("mailto:") :].partition("?")[0]), "mail address")
        except InvalidValue as error:
            return f"is no mailto: with a mail address ({error})"
        return ""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "is no URI"
    return "" if parts.scheme == "https" and parts.hostname else "is neither mailto: nor https:"
