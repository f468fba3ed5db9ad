# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks/site.yml against the bed, with what they changed (tests/callbacks/record_changes.py)."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behaviour.bed import ROOT, ansible

CALLBACKS = ROOT / "tests" / "callbacks"
_APT = "ansible.builtin.apt"
_KEYS, _RECORDS = "mailwright.mail.dkim_rotation", "mailwright.mail.dns_records"
# What follows when keys are seen.
_SEEN = {
    "mailwright.mail.rspamd : See whether Rspamd has read the list of keys that sign",
    "mailwright.mail.rspamd : Reload or restart Rspamd",
}


@dataclass(frozen=True)
class Change:
    """A task, or one item of it, or a handler, that changed a host."""

    host: str
    task: str
    action: str
    item: str
    subject: str
    handler: bool
    diff: Any
    unchecked: list[Any]

    @property
    def key(self) -> tuple[str, str]:
        return self.task, self.item


@dataclass(frozen=True)
class Run:
    """What a run of a playbook said and changed."""

    status: int
    output: str
    changes: list[Change]

    def of(self, host: str) -> list[Change]:
        """Return what it changed on one host."""
        return [change for change in self.changes if change.host == host]


def run_site(
    *options: str,
    variables: dict[str, Any] | None = None,
    playbook: str = "playbooks/site.yml",
    environment: dict[str, str] | None = None,
) -> Run:
    """Run the playbook with further ``variables``, which travel in a file: they may be secret."""
    with tempfile.TemporaryDirectory() as folder:
        extra = Path(folder) / "extra.json"
        extra.touch(mode=0o600)
        extra.write_text(json.dumps(variables or {}))
        recording = {
            "MAILWRIGHT_RECORD": f"{folder}/record",
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "record_changes",
        }
        command = ["ansible-playbook", playbook, "--extra-vars", f"@{extra}", *options]
        result = ansible(*command, environment={**recording, **(environment or {})})
        changes = [change for path in Path(folder, "record").glob("*.jsonl") for change in load_changes(path)]
    return Run(result.returncode, result.stdout + result.stderr, changes)


def load_changes(path: Path) -> list[Change]:
    """Return the changes recorded in ``path``, in their order."""
    return [Change(**json.loads(line)) for line in path.read_text().splitlines()]


def assert_foretold(foretold: list[Change], done: list[Change], diffs_of: str = "") -> None:
    """Check mode foretold exactly what was then done: the same tasks and items, and where both tell, the same diffs.

    Where two tasks want the same subject, the second finds nothing to do any more, which check mode cannot know. Diffs
    are compared of actions whose names start with ``diffs_of``, unless check mode itself said what it could not check.

    Whether name servers show a new key within the same run, so that it signs, nobody can foretell; and the records of a
    key that is still to be made are not known.
    """
    new_keys = any(change.action == _KEYS and change.unchecked for change in foretold)
    before, after = {change.key: change for change in foretold}, {change.key: change for change in done}
    made = {change.subject for change in done if change.subject}
    installed = _new_packages(done)
    not_foretold = sorted(key for key in after.keys() - before.keys() if not (new_keys and key[0] in _SEEN))
    not_done = sorted(
        key
        for key in before.keys() - after.keys()
        if before[key].subject not in made and not (_new_packages([before[key]]) or {""}) <= installed
    )
    assert not not_foretold, f"check mode did not foretell {not_foretold}"
    assert not not_done, f"check mode foretold {not_done}, which was not done"
    for key, change in after.items():
        if key not in before or (new_keys and change.action == _RECORDS):
            continue
        told = before[key].diff
        if change.action.startswith(diffs_of) and told and change.diff and not before[key].unchecked:
            assert told == change.diff, f"of {key}, foretold {told} and done {change.diff}"


def _new_packages(changes: list[Change]) -> set[str]:
    """Return what apt said it would install, or installed, dependencies among it."""
    diffs = [
        change.diff["prepared"] for change in changes if change.action == _APT and "prepared" in (change.diff or {})
    ]
    lists = [names for text in diffs for names in re.findall(r"NEW packages will be installed:\n((?: +.*\n)+)", text)]
    return {name for names in lists for name in names.split()}
