# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC records: what a text at ``_dmarc`` says (RFC 9989, sections 4.7 and 4.8), and what RFC 7489 left in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from ..core.addresses import parse_address
from ..core.errors import InvalidValue, shown
from .tags import read_tags

NONE, QUARANTINE, REJECT = "none", "quarantine", "reject"
POLICIES = (NONE, QUARANTINE, REJECT)
# Section 4.8: case counts in the version only, and nothing stands before it.
_VERSION = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)", re.ASCII)
# What looks as if it was meant to be one.
_LIKE_VERSION = re.compile(r"[\s\"']*v\s*=\s*[\"']?dmarc", re.IGNORECASE)
_VALUES = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
_FAILURE_OPTIONS = ("0", "1", "d", "s")
# RFC 7489, section 6.4: a limit of the reports' size behind the address.
_SIZE = re.compile(r"![0-9]+[kmgt]?$", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.ASCII | re.IGNORECASE)
# Of so many report addresses the rest is not looked at.
_URI_LIMIT = 20


@dataclass(frozen=True)
class ReportUri:
    """Where reports go: the ``text`` as it stands there, and the mail ``domain``, empty for other schemes.

    ``problem`` says why it is none; ``sized``: it has a limit of RFC 7489 behind it.
    """

    text: str
    domain: str = ""
    problem: str = ""
    sized: bool = False


@dataclass(frozen=True)
class DmarcRecord:
    """What a record says. What is not valid is as if it was not there (section 4.7), and told in ``problems``.

    ``policy``, ``subdomain_policy`` and ``nonexistent_policy`` are ``none``, ``quarantine``, ``reject`` or ``None``.
    ``usable``: a receiver applies the record at all (section 4.10.1).
    """

    text: str
    tags: Mapping[str, str]
    policy: str | None
    subdomain_policy: str | None
    nonexistent_policy: str | None
    dkim_alignment: str
    spf_alignment: str
    psd: str
    testing: bool
    rua: tuple[ReportUri, ...]
    ruf: tuple[ReportUri, ...]
    problems: tuple[str, ...]
    usable: bool

    def policy_for(self, *, own: bool, exists: bool = True) -> str | None:
        """Return the policy for the record's ``own`` domain, or for one below it that does exist or not.

        ``None``: receivers do not apply the record. ``t=y`` is not regarded.
        """
        if not self.usable:
            return None
        if self.broken:
            return NONE
        policy = self.policy or NONE
        if own:
            return policy
        below = self.subdomain_policy or policy
        return below if exists else self.nonexistent_policy or below

    @property
    def broken(self) -> bool:
        """Whether one of the policies is there and none (section 4.10.1)."""
        return any(self.tags.get(tag, "none").lower() not in POLICIES for tag in ("p", "sp", "np"))


def is_dmarc(text: str) -> bool:
    """Whether ``text`` is a DMARC record; anything else is ignored where one is looked for."""
    return _VERSION.match(text) is not None


def looks_like_dmarc(text: str) -> bool:
    """Whether ``text`` was meant to be a DMARC record and is none."""
    return not is_dmarc(text) and _LIKE_VERSION.match(text[:100]) is not None


def parse_dmarc(text: str) -> DmarcRecord:
    """Return what the DMARC record ``text``, for which `is_dmarc` holds, says. Nothing is raised."""
    read = read_tags(text)
    problems = list(read.problems)
    chosen: dict[str, str] = {}
    for tag, allowed in _VALUES.items():
        given = read.tags.get(tag)
        if given is None:
            continue
        if given.lower() in allowed:
            chosen[tag] = given.lower()
        else:
            problems.append(f"{tag}={shown(given, 40)} is none of {', '.join(allowed)}")
    options = read.tags.get("fo")
    if options is not None and any(one.strip().lower() not in _FAILURE_OPTIONS for one in options.split(":")):
        problems.append(f"fo={shown(options, 40)} is no list of {', '.join(_FAILURE_OPTIONS)} with colons between")
    rua, ruf = _uris(read.tags.get("rua"), "rua", problems), _uris(read.tags.get("ruf"), "ruf", problems)
    valid = "p" in chosen and all(tag in chosen for tag in ("sp", "np") if tag in read.tags)
    return DmarcRecord(
        text,
        read.tags,
        chosen.get("p"),
        chosen.get("sp"),
        chosen.get("np"),
        chosen.get("adkim", "r"),
        chosen.get("aspf", "r"),
        chosen.get("psd", "u"),
        chosen.get("t") == "y",
        rua,
        ruf,
        tuple(problems),
        valid or any(not uri.problem for uri in rua),
    )


def lowered(policy: str) -> str:
    """Return the policy that is applied for ``policy`` with ``t=y``: one step weaker (section 4.7)."""
    return POLICIES[max(0, POLICIES.index(policy) - 1)]


def _uris(value: str | None, tag: str, problems: list[str]) -> tuple[ReportUri, ...]:
    if value is None:
        return ()
    parts = value.split(",", _URI_LIMIT)
    if len(parts) > _URI_LIMIT:
        parts.pop()
        problems.append(f"{tag}= has more than {_URI_LIMIT} addresses; the rest is not looked at")
    uris = tuple(_uri(part.strip(" \t")) for part in parts)
    problems += [f"{tag}={shown(uri.text, 100)} {uri.problem}" for uri in uris if uri.problem]
    return uris


def _uri(text: str) -> ReportUri:
    plain = _SIZE.sub("", text)
    sized = plain != text
    if not plain:
        return ReportUri(text, problem="is empty")
    if not _SCHEME.match(plain):
        return ReportUri(text, problem="is no URI; an address has mailto: before it", sized=sized)
    if not plain.lower().startswith("mailto:"):
        return ReportUri(text, sized=sized)
    if "!" in plain:
        return ReportUri(text, problem="has an exclamation mark, which is to be written %21", sized=sized)
    try:
        address = parse_address(unquote(plain[len("mailto:") :].partition("?")[0]), "mail address")
    except InvalidValue as error:
        return ReportUri(text, problem=f"is no mailto: with a mail address ({error})", sized=sized)
    return ReportUri(text, address.domain, sized=sized)
