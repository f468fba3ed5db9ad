# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes of main.cf a running Postfix takes up only when it is stopped and started.

``postfix reload`` has the master process read main.cf and master.cf again. What it did with other values before that,
as it started, stays: the addresses it listens on (postconf(5), inet_interfaces and inet_protocols), the directories
it changed into and the users it dropped to, its environment, and the log file (MAILLOG_README).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.plan import Change

REASONS = {
    "daemon_directory": "the running master has its daemons from the old directory",
    "data_directory": "the running master keeps its lock in the old directory",
    "import_environment": "the master process has taken its environment over at its start",
    "inet_interfaces": "the master process binds to its addresses at its start",
    "inet_protocols": "the master process binds to its addresses at its start",
    "mail_owner": "the running daemons and their sockets belong to the old user",
    "maillog_file": "the running daemons log to the old place",
    "process_id_directory": "the running master has its process file in the old directory",
    "queue_directory": "the running master works in the old directory",
    "setgid_group": "the running daemons' sockets belong to the old group",
}


def restart_reasons(parameters: Sequence[Change], default: Callable[[str], str | None]) -> list[str]:
    """Return a reason for each of the changed ``parameters`` that needs stop and start.

    To write down Postfix's ``default``, or to take out a line that said the same, changes nothing for it.
    """
    reasons = []
    for change in parameters:
        if change.name not in REASONS:
            continue
        before = change.before["value"] if change.before else default(change.name)
        after = change.after["value"] if change.after else default(change.name)
        if before is None or before != after:
            reasons.append(f"{change.name}: {REASONS[change.name]}")
    return reasons
