# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MTA-STS: the record that announces a policy, and the policy against the domain's MX (RFC 8461)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import shown
from ..dns.policies import mta_sts_value
from .expected import compare
from .findings import Findings
from .mail_hosts import exchangers
from .model import ERROR, UNKNOWN, WARNING, Check
from .replies import as_record, failure, told
from .world import World

# Section 3.2, in seconds.
_LONGEST_AGE = 31557600
_SHORT_AGE = 86400
# A policy has a handful of lines; one of 64 KB may have thousands, of which a verdict names a few.
_NAMED = 5
_SHOWN = 50
_ID = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*=[ \t]*([\x21-\x3a\x3c\x3e-\x7e]*)", re.ASCII)
_HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)
# The records of `dns.policies.mta_sts_value`, whose id is made of the policy's text.
_MADE_OF_TEXT = re.compile(r"v=STSv1; id=[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True)
class Policy:
    """A policy as senders read it; ``problems`` make it void, ``warnings`` do not. ``max_age`` in seconds.

    ``patterns`` are the names that it allows, in their order.
    """

    mode: str = ""
    max_age: int = 0
    patterns: Mapping[str, None] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {"mode": self.mode, "max_age": self.max_age, "mx": list(self.patterns)[:_SHOWN]}

    def allows(self, host: str) -> bool:
        """Whether a pattern allows ``host`` (section 4.1): a ``*`` stands for one whole label."""
        return not self.patterns.keys().isdisjoint(_patterns_for(host))


def check_mta_sts(domain: str, world: World) -> Check:
    """Judge the MTA-STS record and policy of ``domain``.

    Fields: ``id``, ``policy`` (``mode``, ``max_age`` in seconds, ``mx``; none without one), ``expected_record``,
    ``actual_record`` and ``match`` (none where nothing is expected).
    """
    name, found = f"_mta-sts.{domain}", Findings()
    reply = world.lookup.resolve(name, "TXT")
    # Section 3.1: others than these are passed over.
    records = [value for value in reply.values if re.match(r"v=STSv1[ \t]*(?:;|$)", value)]
    compared = compare(world, name, "TXT", records)
    fields: dict[str, Any] = {
        "id": None,
        "policy": None,
        "expected_record": as_record(compared.expected) if compared else None,
        "actual_record": as_record(records),
        "match": compared.match if compared and not reply.failed else None,
    }
    if reply.failed:
        found.add(failure(reply), told(name, "TXT", reply))
    elif compared is not None and not compared.match:
        found.error(compared.told())
    if len(records) > 1:
        found.error(f"Multiple MTA-STS records found ({len(records)}). Only one is allowed")
    elif records:
        fields["id"] = _judge_record(found, records[0])
        policy = _fetched(found, domain, world, records[0] if fields["match"] else "")
        if policy is not None:
            fields["policy"] = policy.shown()
            _judge_policy(found, domain, policy, world)
    elif not reply.failed and compared is None:
        found.warning(f"No MTA-STS record at {name}")
        if reply.found:
            found.info(f"{len(reply.values)} other TXT records stand there; a record of MTA-STS begins with v=STSv1;")
    return found.check("MTA-STS is configured correctly, and its policy is enforced", as_record(records), **fields)


def _judge_record(found: Findings, record: str) -> str | None:
    """Return the id of ``record``, if it has a right one (section 3.1)."""
    ids = []
    for part in record.split(";")[1:]:
        text = part.strip(" \t")
        match = _FIELD.fullmatch(text)
        if match is not None and match[1] == "id":
            ids.append(match[2])
        elif text and match is None:
            found.error(f"The MTA-STS record has the field {shown(text, 40)}, which is none")
    if len(ids) == 1 and _ID.fullmatch(ids[0]):
        return ids[0]
    if len(ids) == 1:
        found.error(f"The MTA-STS record has the id {shown(ids[0], 40)}; it has 1 to 32 letters and digits")
    else:
        found.error(f"The MTA-STS record has {f'{len(ids)} ids' if ids else 'no id'}; it has one")
    return None


def _fetched(found: Findings, domain: str, world: World, right: str) -> Policy | None:
    """Return the policy that is served; ``right`` is the record where it is the expected one."""
    fetched = world.fetch(domain)
    if fetched.problem:
        found.add(ERROR if fetched.reached else UNKNOWN, f"The MTA-STS policy cannot be had: {fetched.problem}")
        return None
    if _MADE_OF_TEXT.fullmatch(right) and mta_sts_value("\r\n".join([*fetched.text.splitlines(), ""])) != right:
        found.warning("The MTA-STS policy that is served is not the one that the expected id was made of")
    return parse_policy(fetched.text)


def _judge_policy(found: Findings, domain: str, policy: Policy, world: World) -> None:
    for text in policy.warnings:
        found.warning(f"The MTA-STS policy {text}")
    for text in policy.problems:
        found.error(f"The MTA-STS policy {text}")
    if policy.problems:
        return
    if policy.mode == "testing":
        found.warning(
            "The MTA-STS policy is in mode testing: failures are reported, and mail is delivered all the same"
        )
    elif policy.mode == "none":
        found.warning("The MTA-STS policy is in mode none: it is switched off")
        return
    if policy.max_age < _SHORT_AGE:
        found.warning(f"The MTA-STS policy is kept for {policy.max_age} seconds only; weeks are usual")
    _compare_hosts(found, domain, policy, world)


def _compare_hosts(found: Findings, domain: str, policy: Policy, world: World) -> None:
    reply = world.lookup.resolve(domain, "MX")
    if reply.failed:
        found.add(failure(reply), told(domain, "MX", reply))
        return
    # RFC 5321, section 5.1: without an MX, the domain itself takes the mail.
    hosts = [one.host for one in exchangers(reply)] or [domain]
    outside = [host for host in hosts if host and not policy.allows(host)]
    if outside:
        text = f"The MTA-STS policy does not allow {', '.join(outside[:_NAMED])}, which {domain} has as MX"
        found.add(ERROR if policy.mode == "enforce" else WARNING, text)
    used = {pattern for host in hosts for pattern in _patterns_for(host)}
    unused = [pattern for pattern in policy.patterns if pattern not in used]
    if unused:
        found.info(f"No MX is allowed by {', '.join(shown(one, 80) for one in unused[:_NAMED])}")


def _patterns_for(host: str) -> tuple[str, str]:
    return host, f"*.{host.partition('.')[2]}"


def parse_policy(text: str) -> Policy:
    """Return the policy that ``text`` is (section 3.2). Of a key that stands there twice, the first counts."""
    problems: list[str] = []
    warnings: list[str] = []
    values: dict[str, str] = {}
    patterns: dict[str, None] = {}
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    bad = [line for line in lines if line.strip() and ":" not in line]
    if bad:
        problems.append(f"has the line {shown(bad[0], 60)}, which is no key and value")
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon:
            continue
        key, value = key.strip(" \t"), value.strip(" \t")
        if key == "mx":
            patterns[value.lower()] = None
        elif key in values and key in ("version", "mode", "max_age"):
            warnings.append(f"has {key} more than once; the first counts")
        else:
            values.setdefault(key, value)
    problems += _bad_values(values)
    mode = values.get("mode", "")
    wrong = [pattern for pattern in patterns if not _HOST.fullmatch(pattern)]
    if wrong:
        problems.append(f"has the mx {shown(wrong[0], 60)}, which is no name")
    if not patterns and mode in ("enforce", "testing"):
        problems.append("has no mx")
    age = values.get("max_age", "")
    return Policy(
        mode if mode in ("enforce", "testing", "none") else "",
        int(age) if _is_age(age) else 0,
        patterns,
        tuple(problems),
        tuple(dict.fromkeys(warnings)),
    )


def _bad_values(values: Mapping[str, str]) -> list[str]:
    problems = []
    if values.get("version") != "STSv1":
        problems.append(f"has the version {shown(values.get('version', ''), 40)}; it is STSv1")
    if values.get("mode") not in ("enforce", "testing", "none"):
        problems.append(f"has the mode {shown(values.get('mode', ''), 40)}; it is enforce, testing or none")
    if not _is_age(values.get("max_age", "")):
        problems.append(
            f"has the max_age {shown(values.get('max_age', ''), 40)}; it is a number of seconds up to {_LONGEST_AGE}"
        )
    return problems


def _is_age(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= _LONGEST_AGE
