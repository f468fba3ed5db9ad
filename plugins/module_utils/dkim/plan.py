# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of each key pair, as plain data; pure. Nothing of a private key is in a plan but what goes to a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import Conflict
from ..core.plan import Change
from .keys import STRONG_BITS, PublicKey
from .owner import Owner, check_key_owner
from .place import KEY_MODE, Found, key_path
from .record import NEW, record_value
from .wanted import WantedKey

KIND = "DKIM key"
_TO_REPLACE = "regenerate: partial makes another one, which breaks signatures that are on their way"


@dataclass
class Step:
    """What becomes of one key pair.

    ``former`` is the pair that was found, ``public`` the one after the step: ``None`` where there is none, where it is
    still to be made, or where it cannot be read. ``new`` is a new private key in PEM. ``gives`` says whether mode or
    owner change, ``ledger`` whether nothing but the ledger shows that the key comes or goes. ``archive`` is where the
    present key goes, ``archived`` whether it is there already, ``record`` what is to be in the record's file, where
    that changes and the key stays.
    """

    wanted: WantedKey
    found: Found
    path: Path
    former: PublicKey | None = None
    public: PublicKey | None = None
    new: bytes | None = field(default=None, repr=False)
    makes: bool = False
    removes: bool = False
    gives: bool = False
    ledger: bool = False
    archive: Path | None = None
    archived: bool = False
    record: bytes | None = None
    warnings: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> str | None:
        """The record's value after the step, ``None`` where there is no pair to publish or it is not known."""
        if self.public is None:
            return None
        return record_value(self.public.algorithm, self.public.public, self.wanted.tags)

    def record_file(self) -> bytes | None:
        """Return what the record's file is to hold."""
        return None if self.value is None else record_document(self.wanted.name, self.value)

    @property
    def changes(self) -> list[str]:
        """What changes, in words that a play can ask for."""
        present = {
            "key": self.makes or (self.removes and self.found.key is not None),
            "record": self.makes or self.record is not None or (self.removes and self.found.record is not None),
            "permissions": self.gives,
            "ledger": self.ledger,
            "leftovers": bool(self.found.leftovers),
        }
        return [name for name, is_so in present.items() if is_so]

    def change(self) -> Change | None:
        """Return the change as it is shown, ``None`` where there is none."""
        if not self.changes:
            return None
        present = self.found.key is not None
        return Change(
            KIND,
            self.wanted.name,
            self.before if present or self.removes or not self.makes else None,
            None if self.removes else self.after,
        )


def record_document(name: str, value: str) -> bytes:
    """Return the content of a record's file."""
    return (json.dumps({"name": name, "type": "TXT", "value": value}) + "\n").encode()


def plan_key(
    directory: str,
    wanted: WantedKey,
    found: Found,
    public: PublicKey | None,
    owner: Owner,
    *,
    held: bool,
    archive: Callable[[PublicKey, bytes], tuple[Path, bool]],
) -> Step:
    """Return what becomes of the key pair ``wanted``.

    ``public`` is the pair that was found, ``None`` where there is none, or where the library to read it is missing.
    ``held`` says whether the ledger has it. ``archive`` tells where a key's copy goes and whether it is there.

    Raises:
        Conflict: the key is somebody else's, or another one than is wanted and not to be replaced, or too weak.
    """
    step = Step(wanted, found, key_path(directory, wanted.domain, wanted.selector), public)
    known = found.key is None or public is not None
    if found.key is not None:
        check_key_owner(step.path, found.key, owner)
    if found.leftovers:
        step.before["left behind"] = [os.path.basename(path) for path in found.leftovers]
    if not wanted.present:
        _plan_absent(step, held)
    elif known:
        _plan_present(step, owner, held)
    if step.found.key is not None and public is not None and (step.makes or step.removes):
        step.archive, step.archived = archive(public, step.found.key.content)
        if step.removes:
            step.before["archive"] = str(step.archive)
        else:
            step.after["archive"] = str(step.archive)
    return step


def _plan_absent(step: Step, held: bool) -> None:
    there = step.found.key is not None or step.found.record is not None
    if not (there or held):
        return
    step.removes = True
    if step.former is not None:
        step.before.update(_shown(step.former))
    if step.found.record is not None:
        step.before["record"] = held_value(step.found.record)
    step.ledger = held and not there


def _plan_present(step: Step, owner: Owner, held: bool) -> None:
    want, public = step.wanted, step.former
    why = "is not there" if public is None else _why_another(step, public)
    if why:
        step.makes = True
        if public is not None:
            step.before.update(_shown(public), record=held_value(step.found.record))
        value = record_value(want.algorithm, NEW, want.tags)
        step.after.update(
            {"algorithm": want.kind, "key (SPKI SHA-256)": NEW, "record": value, "why": why, **owner.shown()}
        )
        return
    step.public = public
    if public is not None and want.kind != public.kind:
        step.warnings.append(f"{want.name} stays {public.kind} as it is, though {want.kind} is wanted; {_TO_REPLACE}")
    _plan_permissions(step, owner)
    document = step.record_file()
    if _content(step.found.record) != _content(document):
        step.record = document
        step.before["record"] = held_value(step.found.record)
        step.after["record"] = step.value
    if not held:
        step.ledger = True
        step.before["in the ledger"] = False
        step.after["in the ledger"] = True


def _why_another(step: Step, public: PublicKey) -> str:
    """Return why the key is replaced, nothing where it stays."""
    want = step.wanted
    if want.regenerate == "always":
        return "regenerate is always"
    if public.kind != want.kind and want.regenerate == "partial":
        return f"is {public.kind}, and {want.kind} is wanted"
    if public.kind != want.kind and want.regenerate == "fail":
        raise Conflict(
            f"the DKIM key {step.path} is {public.kind}, and {want.kind} is wanted; make one under another selector, "
            f"or say what is to become of this one: regenerate: never keeps it, {_TO_REPLACE}"
        )
    if public.bits is not None and public.bits < STRONG_BITS and not want.allow_weak:
        raise Conflict(
            f"the DKIM key {step.path} is {public.kind}, which is weak; allow_weak_key: true keeps it, {_TO_REPLACE}"
        )
    return ""


def _plan_permissions(step: Step, owner: Owner) -> None:
    key = step.found.key
    if key is None:
        return
    if key.mode & 0o077:
        step.warnings.append(
            f"{step.path} was found with mode {key.mode:04o}: others than its owner could read the key; if they may "
            "have done so, make another one under another selector"
        )
    after = owner.shown()
    for name, found, wanted in (
        ("mode", key.mode, KEY_MODE),
        ("owner", key.uid, owner.uid),
        ("group", key.gid, owner.gid),
    ):
        if wanted is not None and found != wanted:
            step.gives = True
            step.before[name], step.after[name] = key.shown()[name], after[name]


def _shown(public: PublicKey) -> dict[str, Any]:
    return {"algorithm": public.kind, "key (SPKI SHA-256)": public.spki_sha256}


def held_value(record: bytes | None) -> str | None:
    """Return the value that a record's file holds, ``None`` where it holds none."""
    content = _content(record)
    value = content.get("value") if isinstance(content, dict) else None
    return value if isinstance(value, str) else None


def _content(record: bytes | None) -> Any:
    """Return what a record's file says; a damaged one says nothing, because it is just made again."""
    try:
        return json.loads(record or b"null")
    except (ValueError, RecursionError):
        return None
