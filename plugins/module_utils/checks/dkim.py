# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check ``dkim``: the key records of a domain's selectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..dns import seen
from ..dns.reply import Reply
from .dkim_key import KeyVerdict, judge_key_record
from .expected import Compared, compare
from .model import ERROR, STATUSES, SUCCESS, UNKNOWN, WARNING, Check, worst
from .replies import as_record, cut, failure, told
from .tags import comparable
from .together import together
from .world import World


@dataclass(frozen=True)
class _Key:
    """What is to be said of one selector."""

    selector: str
    name: str
    status: str
    message: str
    expected: tuple[str, ...] | None
    record: str | None = None
    match: bool | None = None
    revoked: bool = False
    warnings: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        return {
            "selector": self.selector,
            "dkim_domain": self.name,
            "expected_record": None if self.expected is None else as_record(self.expected),
            "actual_record": self.record,
            "match": self.match,
            "parameters": dict(self.parameters),
        }

    def shown(self) -> dict[str, Any]:
        return {
            **self.fields(),
            "status": self.status,
            "message": self.message,
            "warnings": list(self.warnings),
            "info": list(self.info),
        }


def check_dkim(domain: str, world: World) -> Check:
    """Return the verdict on the keys of ``domain``: those of ``world.selectors`` and those that it expects.

    A key that ought to be revoked and is, beside another that is in use, is as it should be.

    Fields, of the worst key: ``selector``, ``dkim_domain`` (the record's name), ``expected_record``,
    ``actual_record``, ``match`` (``None``: nothing is expected) and ``parameters`` (its tags); ``keys`` has all of
    these, ``status``, ``message``, ``warnings`` and ``info`` for each selector.
    """
    selectors = _selectors(domain, world)
    if not selectors:
        return _no_selector(domain, world)
    keys = _settle_revoked(together(lambda selector: _judge(selector, domain, world), selectors))
    chosen = max(keys, key=lambda key: STATUSES.index(key.status))
    several = len(keys) > 1
    warnings = [f"{key.selector}: {text}" if several else text for key in keys for text in key.warnings]
    info = [f"{key.selector}: {text}" if several else text for key in keys for text in key.info]
    status, message = chosen.status, chosen.message
    if several:
        message = f"{chosen.selector}: {message}"
    if status == SUCCESS:
        message = f"DKIM is as it should be ({', '.join(selectors)})"
    if any(key.record for key in keys) and _hidden(domain, world):
        warnings.append(_hidden_text(domain))
        status = worst([status, WARNING])
        message = warnings[-1] if chosen.status == SUCCESS else message
    fields = {**chosen.fields(), "keys": [key.shown() for key in keys]}
    return Check(status, message, chosen.record, tuple(warnings), tuple(info), fields)


def _selectors(domain: str, world: World) -> list[str]:
    end = f"._domainkey.{domain}"
    expected = [name.removesuffix(end) for name, type_ in world.expected if type_ == "TXT" and name.endswith(end)]
    return list(dict.fromkeys([*expected, *(selector.lower() for selector in world.selectors)]))


def _no_selector(domain: str, world: World) -> Check:
    message = (
        "no selector is known, and the DNS does not list them; give dkim_selectors, or the records that are expected"
    )
    info = (_hidden_text(domain),) if _hidden(domain, world) else ()
    nobody = _Key("", "", UNKNOWN, message, None)
    empty = {**nobody.fields(), "selector": None, "dkim_domain": None}
    return Check(UNKNOWN, message, info=info, fields={**empty, "keys": []})


def _hidden(domain: str, world: World) -> bool:
    return world.lookup.resolve(f"_domainkey.{domain}", "TXT").outcome == seen.NXDOMAIN


def _hidden_text(domain: str) -> str:
    return (
        f"_domainkey.{domain} does not exist (NXDOMAIN): a resolver may take it that there is nothing below it, "
        "so no key either (RFC 8020)"
    )


def _judge(selector: str, domain: str, world: World) -> _Key:
    name = f"{selector}._domainkey.{domain}"
    reply = world.lookup.resolve(name, "TXT")
    compared = compare(world, name, "TXT", reply.values, comparable)
    if not reply.found:
        return _without_record(_Key(selector, name, SUCCESS, "", compared.expected if compared else None), reply)
    key = _Key(
        selector,
        name,
        ERROR,
        f"there are {len(reply.values)} TXT records at {name}; verifiers take one of them or none",
        compared.expected if compared else None,
        as_record(reply.values),
        compared.match if compared else None,
    )
    if len(reply.values) > 1:
        return replace(key, warnings=(key.message,))
    return _with_verdict(key, judge_key_record(reply.values[0]), compared)


def _without_record(key: _Key, reply: Reply) -> _Key:
    message = told(key.name, "TXT", reply)
    if not reply.absent:
        status = failure(reply)
    else:
        status = ERROR
        if key.expected is not None:
            message = f"{message}; expected is {cut(as_record(key.expected) or '', 400)}"
    match = False if key.expected is not None and reply.absent else None
    return replace(key, status=status, message=message, match=match, warnings=(message,))


def _with_verdict(key: _Key, verdict: KeyVerdict, compared: Compared | None) -> _Key:
    status, message, warnings = verdict.status, verdict.message, verdict.warnings
    if compared is not None and not compared.match:
        warnings = (compared.told(), *warnings)
        message = message if status == ERROR else compared.told()
        status = ERROR
    return replace(
        key,
        status=status,
        message=message,
        revoked=verdict.revoked,
        warnings=warnings,
        info=verdict.info,
        parameters=verdict.parameters,
    )


def _settle_revoked(keys: list[_Key]) -> list[_Key]:
    """Return ``keys``, those left that ought to be revoked and are: they are no fault while another key is in use."""
    if not any(key.status in (SUCCESS, WARNING) for key in keys):
        return keys
    text = "DKIM key is revoked (p= is empty), as is expected"
    return [
        replace(key, status=SUCCESS, message=text, warnings=(), info=(text, *key.info))
        if key.revoked and key.match
        else key
        for key in keys
    ]
