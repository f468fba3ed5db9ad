# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the evidence of the role ``verify`` comes to: everything that is not green, what matters first; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.mailwright.mail.plugins.module_utils.checks.model import (
    ERROR,
    STATUSES,
    SUCCESS,
    UNKNOWN,
    WARNING,
)
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.plugin_utils.evidence import (
    CHECKS,
    Domain,
    Evidence,
    Host,
    Judged,
    Probe,
    read,
)

# So many hosts, probes or domains are read one by one; of more, only those that are not green.
ROWS = 50
FAIL_ON = {"error": {ERROR}, "warning": {WARNING, UNKNOWN, ERROR}, "never": set()}
# A service that is down explains much of what else is wrong, so it comes first.
_KINDS = ("evidence", "host", "probe", "domain")
Thing = TypeVar("Thing", Host, Probe, Domain)
_ORDER = {name: at for at, name in enumerate(CHECKS)}


@dataclass(frozen=True)
class Finding:
    """One verdict that is not green; ``kind`` is what ``place`` names: evidence, host, probe (its host) or domain."""

    kind: str
    place: str
    judged: Judged

    @property
    def check(self) -> str:
        """The check's name as people write it."""
        return CHECKS.get(self.judged.name, self.judged.name) if self.kind == "domain" else self.judged.name

    def shown(self) -> dict[str, Any]:
        """Return it as the filter returns it."""
        judged = self.judged
        return {
            "kind": self.kind,
            "place": self.place,
            "check": judged.name,
            "status": judged.status,
            "message": judged.message,
            "warnings": list(judged.warnings),
        }


def all_verdicts(evidence: Evidence) -> list[Finding]:
    """Return every single verdict, the green ones too, in the order in which it was collected."""
    return [
        *(Finding("evidence", "evidence", one) for one in evidence.gaps),
        *(Finding("host", host.name, one) for host in evidence.hosts for one in host.items),
        *(Finding("probe", probe.host, probe.judged) for probe in evidence.probes),
        *(Finding("domain", domain.name, one) for domain in evidence.domains for one in domain.items),
    ]


def findings(evidence: Evidence) -> list[Finding]:
    """Return what is not green: the worst first, then by kind, and domains by check."""
    found = [one for one in all_verdicts(evidence) if one.judged.status != SUCCESS]
    return sorted(found, key=_rank)


def grouped(found: Iterable[Finding]) -> list[list[Finding]]:
    """Return ``found`` in its order, those together that say the same of different places."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for one in found:
        judged = one.judged
        # Where the record differs, so does what has to be done.
        records = [str(judged.fields.get(name)) for name in ("expected_record", "actual_record")]
        same = (one.kind, judged.name, judged.status, judged.message, judged.warnings, *records)
        groups.setdefault(same, []).append(one)
    return list(groups.values())


def worth_listing(found: Iterable[Thing]) -> tuple[list[Thing], list[Thing]]:
    """Return what is listed singly, and the green ones that are only counted, as there are many."""
    rows = list(found)
    if len(rows) <= ROWS:
        return rows, []
    return (
        [one for one in rows if status_of(one) != SUCCESS],
        [one for one in rows if status_of(one) == SUCCESS],
    )


def status_of(one: Host | Probe | Domain) -> str:
    """Return the status of the whole."""
    return one.judged.status if isinstance(one, Probe) else one.status


def counts(evidence: Evidence) -> dict[str, int]:
    """Return how many verdicts there are of each status, and how many hosts, probes and domains they are of."""
    found = Counter(one.judged.status for one in all_verdicts(evidence))
    return {
        **{status: found[status] for status in STATUSES},
        "hosts": len(evidence.hosts),
        "probes": len(evidence.probes),
        "domains": len(evidence.domains),
    }


def evidence_verdict(value: Any, fail_on: Any = "error") -> dict[str, Any]:
    """Return what the evidence ``value`` comes to.

    Args:
        value: as `evidence.read` takes it.
        fail_on: ``error``; ``warning``: all that is not green, also what is not known; ``never``.

    Returns:
        ``status`` (the worst), ``failed``, ``failures`` (what ``fail_on`` forbids) and ``warnings`` (what else is not
        green), each as `Finding.shown`, and ``counts``.

    Raises:
        InvalidValue: the evidence has a wrong type somewhere, or ``fail_on`` is not known.
    """
    if not isinstance(fail_on, str) or fail_on not in FAIL_ON:
        raise InvalidValue("fail_on", fail_on, "is not known", f"give one of {', '.join(FAIL_ON)}")
    evidence = read(value)
    found = findings(evidence)
    failures = [one.shown() for one in found if one.judged.status in FAIL_ON[fail_on]]
    return {
        "status": evidence.status,
        "failed": bool(failures),
        "failures": failures,
        "warnings": [one.shown() for one in found if one.judged.status not in FAIL_ON[fail_on]],
        "counts": counts(evidence),
    }


def _rank(one: Finding) -> tuple[int, int, int]:
    # What is alike stays in the order in which it was collected: a service before its port.
    return (
        -STATUSES.index(one.judged.status),
        _KINDS.index(one.kind),
        _ORDER.get(one.judged.name, len(_ORDER)) if one.kind == "domain" else 0,
    )
