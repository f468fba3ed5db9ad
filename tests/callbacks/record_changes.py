# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a run changed, a JSON object a line, so that a test can compare what check mode foretold.

Switched on by ``MAILWRIGHT_RECORD``, a folder; a run in check mode writes ``check.jsonl`` there, another ``run.jsonl``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_changes
type: aggregate
short_description: Records the tasks that changed something
description: Writes host, task, item and diff of each changed task and each handler that ran.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record_changes"

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        folder = os.environ.get("MAILWRIGHT_RECORD")
        self.disabled = not folder
        if folder:
            name = "check.jsonl" if context.CLIARGS.get("check") else "run.jsonl"
            self._path = Path(folder) / name
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text("")

    def v2_runner_on_ok(self, result) -> None:
        task, values = getattr(result, "task", None) or result._task, getattr(result, "_return_data", None) or result._result
        host = getattr(result, "host", None) or result._host
        if "results" in values:
            entries = [(str(entry.get("item", "")), entry) for entry in values["results"]]
        else:
            entries = [("", values)]
        with self._path.open("a") as stream:
            for item, entry in entries:
                if entry.get("changed"):
                    record = {
                        "host": host.get_name(),
                        "task": task.get_name(),
                        "item": item,
                        "diff": entry.get("diff"),
                        "unchecked": entry.get("unchecked", []),
                    }
                    stream.write(json.dumps(record, sort_keys=True, default=str) + "\n")
