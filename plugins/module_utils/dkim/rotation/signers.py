# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the list of keys that sign, and of the copies of keys that Rspamd reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...core.plan import Change
from .. import place
from ..keys import seed_form
from ..owner import Owner
from . import disk, signing
from .model import RETIRING, SIGNING, Rotation
from .options import Wanted

_COPY = "copy of a DKIM key"


@dataclass
class SignersPlan:
    """What is written and removed: ``copies`` before the list (``write``), ``stale`` copies after it."""

    copies: list[disk.Write] = field(default_factory=list)
    write: disk.Write | None = None
    stale: list[Path] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def plan_signers(
    wanted: Wanted,
    owner: Owner,
    states: Mapping[str, Rotation],
    names: Mapping[str, Iterable[str]],
    *,
    library: bool,
) -> SignersPlan:
    """Return the plan for ``states``, those of all domains in the directory. ``names`` are the keys that lie there.

    Without the ``library`` keys cannot be read, and copies are left as they are.

    Raises:
        Conflict, InvalidValue, Unavailable: a file is none of ours, or cannot be read.
    """
    plan = SignersPlan()
    signers: dict[str, list[tuple[str, str]]] = {}
    copies = set()
    for domain, rotation in states.items():
        for one in rotation.selectors:
            if one.name not in names.get(domain, ()):
                continue
            if one.state == RETIRING:
                # Rspamd looks for the file with each message, and may not have read the new list yet.
                copies.add(signing.derived_path(wanted.signing_file, domain, one.name))
            if one.state != SIGNING:
                continue
            path = place.key_path(wanted.key_dir, domain, one.name)
            if one.algorithm == "ed25519":
                path, source = signing.derived_path(wanted.signing_file, domain, one.name), path
                copies.add(path)
                if library:
                    _plan_copy(plan, owner, source, path)
            signers.setdefault(domain, []).append((one.name, str(path)))
    _plan_list(plan, wanted, owner, signers)
    top = signing.derived_path(wanted.signing_file, "", "x").parent
    plan.stale = [path for path in disk.derived_keys(top) if path not in copies]
    plan.changes += [Change(_COPY, str(path), {"there": True}, None) for path in plan.stale]
    return plan


def _plan_list(
    plan: SignersPlan, wanted: Wanted, owner: Owner, signers: Mapping[str, Iterable[tuple[str, str]]]
) -> None:
    path, mode = Path(wanted.signing_file), wanted.signing_file_mode
    write = disk.Write(path, signing.text(signers), mode, owner.uid, owner.gid)
    if not write.is_needed():
        return
    plan.write = write
    held = disk.read_large(path)
    after = {domain: [selector for selector, _path in signers[domain]] for domain in signers}
    shown = {"mode": f"{mode:04o}", "owner": owner.user, "group": owner.group}
    before: dict[str, object] | None = None
    if held is not None:
        listed = {domain: sorted(selectors) for domain, selectors in signing.listed(held.content).items()}
        before = {**listed, **held.shown()}
    plan.changes.append(Change("keys that sign", wanted.signing_file, before, {**after, **shown}))


def _plan_copy(plan: SignersPlan, owner: Owner, source: Path, path: Path) -> None:
    found = place.read_key(source)
    if found is None:
        return
    write = disk.Write(path, seed_form(found.content, str(source)) + b"\n", place.KEY_MODE, owner.uid, owner.gid)
    if write.is_needed():
        plan.copies.append(write)
        plan.changes.append(Change(_COPY, str(path), None, {"mode": f"{place.KEY_MODE:04o}", "owner": owner.user}))
