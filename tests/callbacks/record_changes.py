# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a run changed, a JSON object a line, so that a test can compare what check mode foretold.

Switched on by ``MAILWRIGHT_RECORD``, a folder. Each run makes a file of its own there, ``NUMBER-PLAYBOOK-check.jsonl``
or ``NUMBER-PLAYBOOK-run.jsonl``, with numbers that rise.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible import context
from ansible.playbook.handler import Handler
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_changes
type: aggregate
short_description: Records the tasks that changed something
description: Writes host, task, action, item, subject and diff of each changed task and each handler that ran.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record_changes"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._folder = os.environ.get("MAILWRIGHT_RECORD", "")
        self._path = Path()
        self.disabled = not self._folder

    def v2_playbook_on_start(self, playbook: Any) -> None:
        folder = Path(self._folder)
        folder.mkdir(parents=True, exist_ok=True)
        number = max((int(path.name.split("-")[0]) for path in folder.glob("*.jsonl")), default=0) + 1
        kind = "check" if context.CLIARGS.get("check") else "run"
        self._path = folder / f"{number:04}-{Path(playbook._file_name).stem}-{kind}.jsonl"
        self._path.write_text("")

    def v2_runner_on_ok(self, result: Any) -> None:
        # ansible-core 2.19 gave a result public names, and warns of the private ones.
        task, values, host = (
            (result.task, result.result, result.host)
            if hasattr(result, "task")
            else (result._task, result._result, result._host)
        )
        if "results" in values:
            # By its label: an item may be a whole document, of which check mode does not know all.
            entries = [(str(entry.get("_ansible_item_label", "")), entry) for entry in values["results"]]
        else:
            entries = [("", values)]
        with self._path.open("a") as stream:
            for item, entry in entries:
                if entry.get("changed"):
                    record = {
                        "host": host.get_name(),
                        "task": task.get_name(),
                        "action": task.action,
                        "handler": isinstance(task, Handler),
                        "item": item,
                        "subject": _subject(task, entry),
                        "diff": entry.get("diff"),
                        "unchecked": entry.get("unchecked", []),
                    }
                    stream.write(json.dumps(record, sort_keys=True, default=str) + "\n")


def _subject(task: Any, entry: Any) -> str:
    """Return what of the host the task is about (``ansible.builtin.group mail``), empty where it does not say."""
    arguments = entry.get("invocation", {}).get("module_args", {})
    names = [arguments[key] for key in ("name", "path", "dest") if isinstance(arguments.get(key), str)]
    return f"{task.action} {names[0]}" if names else ""
