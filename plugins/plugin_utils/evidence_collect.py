# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the results of the role ``verify``'s tasks to the evidence that the table, the page and the verdict read. Pure.

A result may be that of a task that was skipped, that failed, or that never ran; each of these is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import (
    ERROR,
    SUCCESS,
    UNKNOWN,
    WARNING,
    worst,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_domain
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue

Entry = dict[str, Any]
# What Ansible adds to a result, and what is of no use to people.
_ANSIBLE = frozenset({"ansible_loop_var", "changed", "failed", "failed_when_result", "invocation", "item", "warnings"})
_KEY_FIELDS = ("domain", "selector", "algorithm", "bits", "state", "since", "next_step", "next_date", "problem")


def collect(given: Any, title: str, made_at: str) -> Entry:
    """Return the evidence of all hosts and domains.

    Args:
        given: ``hosts``, a list of what each host's tasks returned: ``name``, ``units`` (names) and ``active`` (the
            result of ``systemctl is-active``), ``keys`` (of `dkim_key_info`), ``probes`` (``[{kind, target, result}]``,
            where a loop's result is one for each item, its target), ``logins`` (how many mailboxes could be tried) and
            ``certificate_days``. One that is empty is a host that was not verified; ``names`` says which. ``domains``
            is the result of `dns_check` or of a loop of it over results of `dns_records_info`, ``expected`` the names
            of the domains.
        title: what it is called.
        made_at: when it was collected, in UTC.

    Raises:
        InvalidValue: ``given`` is no such dictionary.
    """
    if not isinstance(given, Mapping) or not isinstance(given.get("hosts"), list):
        raise InvalidValue("evidence", type(given).__name__, "has no hosts", "give what the role verify collects")
    hosts, probes = [], []
    names = [*(given.get("names") or ()), *["?"] * len(given["hosts"])]
    for name, one in zip(names, given["hosts"], strict=False):
        host, talks = _host({"name": name, **one})
        hosts.append(host)
        probes += talks
    domains = _domains(given.get("domains") or {}, given.get("expected") or [])
    found = [*hosts, *domains, *probes]
    return {
        "title": title,
        "made_at": made_at,
        "status": worst(one["status"] for one in found),
        "hosts": hosts,
        "domains": domains,
        "probes": probes,
    }


def _host(given: Mapping[str, Any]) -> tuple[Entry, list[Entry]]:
    name = str(given.get("name") or "?")
    if set(given) <= {"name"}:
        told = "the host was not verified: it could not be reached, or a task before failed on it"
        return {"name": name, "status": ERROR, "unreachable": True, "message": told}, []
    probes = [_probe(name, one) for one in _each(given.get("probes") or ())]
    checks = [*_units(given), *_keys_read(given), *_logins_offered(probes), *_logins_known(given)]
    certificates = _certificates(probes, int(given.get("certificate_days") or 0))
    keys = [
        {field: one.get(field) for field in _KEY_FIELDS} for one in _result(given.get("keys")).get("dkim_keys") or ()
    ]
    status = worst(one["status"] for one in [*checks, *certificates])
    return {"name": name, "status": status, "checks": checks, "certificates": certificates, "dkim_keys": keys}, probes


def _units(given: Mapping[str, Any]) -> list[Entry]:
    """Return whether each unit is active; ``systemctl is-active`` says one word for each, in their order."""
    names = list(given.get("units") or ())
    words = str(_result(given.get("active")).get("stdout") or "").split()
    words += ["unknown"] * (len(names) - len(words))
    return [
        _check(f"service {name}", SUCCESS if word == "active" else ERROR, f"{name} is {word}")
        for name, word in zip(names, words, strict=False)
    ]


def _keys_read(given: Mapping[str, Any]) -> list[Entry]:
    result = _result(given.get("keys"))
    if "dkim_keys" in result:
        return []
    return [_check("DKIM keys", ERROR, f"the keys could not be read: {_why(result)}")]


def _logins_offered(probes: Iterable[Entry]) -> list[Entry]:
    """Return whether logins are offered only where they belong: under TLS, and never on port 25."""
    found = []
    for one in probes:
        if one["kind"] != "smtp" or "auth_before_tls" not in one:
            continue
        target, early, late = one["target"], one["auth_before_tls"], one["auth_after_tls"]
        status, told = SUCCESS, f"{target} offers logins under TLS alone"
        if early:
            status = ERROR
            told = f"{target} offers logins before TLS, where passwords can be read by others: {', '.join(early)}"
        elif one.get("port") == 25:
            told = f"{target} offers no logins"
            if late:
                status, told = ERROR, f"{target} offers logins, which belong to submission: {', '.join(late)}"
        # A conversation that broke off may not have come to what is offered.
        if status == ERROR or one.get("success"):
            found.append(_check(f"logins on {target}", status, told))
    return found


def _logins_known(given: Mapping[str, Any]) -> list[Entry]:
    told = "no mailbox has a password that is known here, so that no message was sent: give verify_mailboxes"
    if given.get("logins", 1):
        deliveries = [_result(one.get("result")) for one in given.get("probes") or () if one.get("kind") == "delivery"]
        if all(one.get("results") != [] for one in deliveries):
            return []
        told = "no message was sent: verify_services lacks submission, or IMAP to read it"
    return [_check("mailboxes", WARNING, told)]


def _each(probes: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield the probes, those of a loop one by one."""
    for one in probes:
        results = _result(one.get("result")).get("results")
        if results is None:
            yield one
            continue
        for result in results:
            yield {**one, "target": result.get("item", one.get("target")), "result": result}


def _probe(host: str, one: Mapping[str, Any]) -> Entry:
    result = _result(one.get("result"))
    if not isinstance(result.get("success"), bool):
        told: Entry = {"status": ERROR, "message": f"this was not tried: {_why(result)}", "success": False}
    else:
        # In check mode no message is sent, so that nothing is known of its delivery.
        succeeded = UNKNOWN if result.get("sent") is False else SUCCESS
        told = {name: value for name, value in result.items() if name not in _ANSIBLE and name != "host"}
        told["status"] = succeeded if result["success"] else ERROR
    return {"host": host, "kind": str(one.get("kind")), "target": str(one.get("target")), **told}


def _certificates(probes: Iterable[Entry], days: int) -> list[Entry]:
    """Return the certificates that were presented, each once, with the services that present it."""
    found: dict[str, Entry] = {}
    places: dict[str, list[str]] = {}
    for probe in probes:
        certificate = probe.get("certificate")
        if isinstance(certificate, Mapping):
            key = str(certificate.get("sha256") or certificate.get("spki_sha256"))
            found.setdefault(key, dict(certificate))
            places.setdefault(key, []).append(probe["target"])
    return [{**one, **_lifetime(one, days, ", ".join(dict.fromkeys(places[key])))} for key, one in found.items()]


def _lifetime(certificate: Mapping[str, Any], days: int, places: str) -> Entry:
    left, problem = certificate.get("days_left"), certificate.get("problem")
    if problem:
        return {"status": ERROR, "message": f"{places}: {problem}"}
    if not isinstance(left, int):
        return {"status": ERROR, "message": f"{places}: it does not say until when it is valid"}
    status = WARNING if left < days else SUCCESS
    return {"status": status, "message": f"{places}: valid for {left} more days"}


def _domains(result: Mapping[str, Any], expected: Iterable[Any]) -> list[Entry]:
    results = [_result(one) for one in result.get("results", [result])]
    found = [_compared(one, _result(part.get("item"))) for part in results for one in part.get("domains") or ()]
    told = {one.get("domain") for one in found}
    why = next((_why(part) for part in results if "domains" not in part), "its task did not run")
    return found + [
        {"domain": str(name), "status": ERROR, "message": f"the DNS was not asked: {why}", "checks": {}}
        for name in expected
        if _ascii(name) not in told
    ]


def _compared(domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> Entry:
    """Return ``domain``, with an error where ``wanted``, what `dns_records_info` returned, has no records."""
    if not wanted or "records" in wanted:
        return dict(domain)
    problem = {"status": ERROR, "message": f"what the DNS should have is not known: {_why(wanted)}"}
    return {**domain, "status": ERROR, "checks": {**(domain.get("checks") or {}), "records": problem}}


def _ascii(name: Any) -> str:
    """Return a domain as `dns_check` returns it; one that is none as it is."""
    try:
        return parse_domain(str(name))
    except InvalidValue:
        return str(name)


def _check(name: str, status: str, message: str) -> Entry:
    return {"name": name, "status": status, "message": message}


def _result(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _why(result: Mapping[str, Any]) -> str:
    if result.get("skipped"):
        return "its task was skipped"
    return str(result.get("msg") or "its task did not run")
