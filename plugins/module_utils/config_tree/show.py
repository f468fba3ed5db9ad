# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a tree may be shown to anybody: diffs, and a validator's words without the secrets of the files it read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import ROOT, Directory, File, Link, Node, Other

_LARGEST_SHOWN = 256 * 1024  # bytes; a diff of more is nothing that anybody reads
_WORD = re.compile(r"[^\s=:,;\"'<>(){}\[\]]{4,}")


def file_diff(
    dest: str,
    name: str,
    before: Node | None,
    after: Node | None,
    *,
    hide_before: bool = False,
    hide_after: bool = False,
    taken: bool = False,
) -> dict[str, str]:
    """Return Ansible's diff of one file; a line with mode and owner stands at the head of a side where they differ."""
    looks = (_look(before), _look(after)) if before is not None and after is not None else ("", "")
    if looks[0] == looks[1]:
        looks = ("", "")
    header = f"{dest}/" if name == f"{ROOT}/" else f"{dest}/{name}"
    result = {
        "before_header": header,
        "after_header": f"{header} (is ours from now on)" if taken and before is not None else header,
        "before": looks[0] + _text(before, hide_before),
        "after": looks[1] + _text(after, hide_after),
    }
    if (
        (hide_before or hide_after)
        and isinstance(before, File)
        and isinstance(after, File)
        and before.data != after.data
    ):
        result["after"] = result["after"].replace("(content not shown)", "(content not shown, changed)")
    return result


def mask(text: str, contents: Iterable[bytes]) -> str:
    """Return ``text`` with every word of four or more characters that occurs in ``contents`` made unreadable."""
    words = {word for content in contents for word in _WORD.findall(content.decode("utf-8", "replace"))}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "********")
    return text


def _look(node: Node | None) -> str:
    if isinstance(node, (File, Directory)):
        return f"(mode {node.mode:04o}, owner {_account(node.uid)}, group {_account(node.gid)})\n"
    return ""


def _account(number: int | None) -> str:
    return "not there yet" if number is None else str(number)


def _text(node: Node | None, hidden: bool) -> str:
    if node is None:
        return ""
    if isinstance(node, Link):
        return f"(symbolic link to {node.target})\n"
    if isinstance(node, Directory):
        return "(directory)\n"
    if isinstance(node, Other):
        return "(device, socket or pipe)\n"
    if hidden:
        return "(content not shown)\n"
    if len(node.data) > _LARGEST_SHOWN:
        return f"({len(node.data)} bytes, too large to be shown)\n"
    try:
        return node.data.decode("utf-8")
    except UnicodeDecodeError:
        return f"(binary, {len(node.data)} bytes)\n"
