# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is found and what is wanted to the steps between them, without touching anything."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from ..core.errors import Conflict
from ..core.ledger import Entry
from ..core.plan import Change, Plan
from .model import ROOT, Directory, File, Link, Node, Other, Wanted, parent, parents
from .show import file_diff

LEDGER_KIND = "config_tree"


@dataclass
class TreePlan(Plan):
    """The steps from ``found`` to ``wanted``, and their diff, file by file.

    ``directories``: to be made or given another mode, parents first. ``puts``: files (or restored links) to be put
    in place. ``removals``: files to be removed, ``empty``: directories of ours that are then empty, deepest first.
    ``takes``: names that become ours (directories end in ``/``), with what stood there. ``releases``: names that no
    longer are. ``stranded``: names whose originals have no place to come back to; they stay ours, so that a later
    run brings them back.
    """

    directories: dict[str, Directory] = field(default_factory=dict)
    puts: dict[str, File | Link] = field(default_factory=dict)
    removals: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    takes: dict[str, File | Link | None] = field(default_factory=dict)
    releases: list[str] = field(default_factory=list)
    stranded: list[str] = field(default_factory=list)
    diffs: list[dict[str, str]] = field(default_factory=list)

    def diff(self) -> list[dict[str, str]]:
        """Return one diff per file."""
        return self.diffs

    def names(self) -> dict[str, list[str]]:
        """Return the names that are added, changed and removed."""
        by_action: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
        words = {"add": "added", "change": "changed", "remove": "removed"}
        for change in self.changes:
            by_action[words[change.action]].append(change.name)
        return by_action


def plan_tree(
    dest: str,
    found: Mapping[str, Node],
    wanted: Wanted,
    owned: Mapping[str, Entry],
    originals: Mapping[str, File | Link],
    set_by: str,
) -> TreePlan:
    """Return the plan that makes ``found`` (nodes by name) into ``wanted``.

    ``owned`` is the ledger's part for ``dest``, of every setter. ``originals`` are the files that stood where ours
    stand now; they come back when ours go.

    Raises:
        Conflict: a wanted file belongs to another setter, or something that is no file (or, for a directory, no
            directory) stands in its place.
    """
    plan = TreePlan()
    obsolete = {
        name
        for name, entry in owned.items()
        if entry.owner == set_by and not name.endswith("/") and name not in wanted.files
    }
    vanishing = {name for name in obsolete if name not in originals and isinstance(found.get(name), (File, Link))}
    _plan_directories(plan, dest, found, wanted, owned, vanishing, set_by)
    for name in sorted(wanted.files):
        entry = owned.get(name)
        if entry is not None and entry.owner != set_by:
            raise Conflict(
                f"{dest}/{name} was put there by {entry.owner}, not by {set_by}; let one of the two leave it out"
            )
        _plan_file(plan, dest, name, found, wanted, ours=entry is not None)
    for name in sorted(obsolete):
        _plan_obsolete(plan, dest, name, found, originals.get(name))
    _plan_empty(plan, found, wanted, owned, vanishing, set_by)
    return plan


def _plan_directories(
    plan: TreePlan,
    dest: str,
    found: Mapping[str, Node],
    wanted: Wanted,
    owned: Mapping[str, Entry],
    vanishing: Set[str],
    set_by: str,
) -> None:
    for name in wanted.directories:
        node = None if name in vanishing else found.get(name)
        key = f"{name}/"
        if node is None:
            plan.takes[key] = None
        elif isinstance(node, Link):
            raise Conflict(
                f"{posixpath.normpath(f'{dest}/{name}')} is a symbolic link to {node.target}; "
                "a tree is not written through links: name the real directory, or remove the link"
            )
        elif not isinstance(node, Directory):
            raise Conflict(
                f"{posixpath.normpath(f'{dest}/{name}')} is not a directory; remove it or choose another name"
            )
        elif key not in owned or owned[key].owner != set_by or _same_look(node, wanted.directory):
            continue
        plan.directories[name] = wanted.directory
        before = None if node is None else {"mode": f"{node.mode:04o}"}
        plan.changes.append(Change("directory", key, before, {"mode": f"{wanted.directory.mode:04o}"}))
        plan.diffs.append(file_diff(dest, key, node, wanted.directory))


def _plan_file(plan: TreePlan, dest: str, name: str, found: Mapping[str, Node], wanted: Wanted, *, ours: bool) -> None:
    node = found.get(name)
    if isinstance(node, Directory):
        raise Conflict(f"{dest}/{name} is a directory where a file is wanted; remove it or rename the template")
    if isinstance(node, Other):
        raise Conflict(
            f"{dest}/{name} is a device, socket or pipe where a file is wanted; remove it or rename the template"
        )
    file = wanted.files[name]
    if isinstance(node, File) and node.data == file.data and _same_look(node, file):
        if ours:
            return
    else:
        plan.puts[name] = file
    if not ours:
        plan.takes[name] = node
    hide_before = name in wanted.secret or (isinstance(node, File) and not node.world_readable and not ours)
    plan.changes.append(Change("file", name, None if node is None else {}, {}))
    plan.diffs.append(
        file_diff(dest, name, node, file, hide_before=hide_before, hide_after=name in wanted.secret, taken=not ours)
    )


def _plan_obsolete(
    plan: TreePlan, dest: str, name: str, found: Mapping[str, Node], original: File | Link | None
) -> None:
    node = found.get(name)
    possible = isinstance(found.get(parent(name)), Directory) and not isinstance(node, (Directory, Other))
    if original is not None and not possible:
        plan.stranded.append(name)
        return
    plan.releases.append(name)
    if original is not None and node != original:
        plan.puts[name] = original
    elif original is None and isinstance(node, (File, Link)):
        plan.removals.append(name)
    plan.changes.append(Change("file", name, {}, None if original is None else {}))
    plan.diffs.append(
        file_diff(
            dest,
            name,
            node,
            original,
            hide_before=isinstance(node, File) and not node.world_readable,
            hide_after=isinstance(original, File) and not original.world_readable,
        )
    )


def _plan_empty(
    plan: TreePlan,
    found: Mapping[str, Node],
    wanted: Wanted,
    owned: Mapping[str, Entry],
    vanishing: Set[str],
    set_by: str,
) -> None:
    """Let go the directories that we made and that hold nothing more; others stay ours until they are empty."""
    needed = {*wanted.directories, *(directory for name in plan.puts for directory in [*parents(name), ROOT])}
    gone = set(vanishing)
    candidates = [key[:-1] for key, entry in owned.items() if key.endswith("/") and entry.owner == set_by]
    for name in sorted(set(candidates) - needed, key=lambda name: (name == ROOT, -name.count("/"), name)):
        node = found.get(name)
        if isinstance(node, Directory):
            prefix = "" if name == ROOT else f"{name}/"
            if any(f"{prefix}{entry}" not in gone for entry in node.entries):
                continue
            plan.empty.append(name)
            gone.add(name)
        plan.releases.append(f"{name}/")
        plan.changes.append(Change("directory", f"{name}/", {}, None))


def _same_look(found: File | Directory, wanted: File | Directory) -> bool:
    return (found.mode, found.uid, found.gid) == (wanted.mode, wanted.uid, wanted.gid)


def restorable(owned: Mapping[str, Entry], wanted: Wanted, set_by: str) -> list[str]:
    """Return the names whose originals a plan needs: ours, no longer wanted, and with something before them."""
    return [
        name
        for name, entry in owned.items()
        if entry.owner == set_by and entry.before is not None and name not in wanted.files
    ]


def names_to_read(owned: Mapping[str, Entry], wanted: Wanted, set_by: str) -> list[str]:
    """Return the names that a plan needs to know: every wanted and every owned one, with all directories above."""
    names = {ROOT, *wanted.files, *(name.rstrip("/") for name, entry in owned.items() if entry.owner == set_by)}
    for name in list(names):
        names.update(parents(name))
        names.add(parent(name))
    return sorted(names)
