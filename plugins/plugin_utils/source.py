# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of accounts on the controller -> the lists of accounts that the module takes."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ansible.errors import AnsibleActionFail

from .document import plain
from .source_csv import read_csv
from .source_entry import OPTIONS, fault_of
from .source_json import read_json
from .source_yaml import read_yaml

Lists = dict[str, list[Any]]
_FORM = "give a file, a list of files, or files by kind such as {mailboxes: people.csv}"


def read_source(src: Any, read: Callable[[str], bytes], decrypt: Callable[[bytes], bytes]) -> Lists:
    """Return the lists in all files of the option ``src``, one after the other.

    Args:
        src: a path, a list of paths, or a dictionary of them by kind.
        read: returns the content of the file of such a name, decrypted where all of it is vaulted.
        decrypt: opens a single vaulted value.

    Raises:
        AnsibleActionFail: a file that cannot be read or is of no known form, an entry that cannot be taken; the message
            says which file and where in it, and shows no password and no hash.
    """
    result: Lists = {}
    for kind, path in _paths(src):
        for found, entries in _lists(path, _text(read(path), path), kind, decrypt).items():
            result.setdefault(found, []).extend(entries)
    return result


def _paths(src: Any) -> Iterator[tuple[str | None, str]]:
    """Yield each path and the kind that it is given under, if any."""
    if not isinstance(src, Mapping):
        yield from ((None, path) for path in _listed(src))
        return
    for kind, paths in src.items():
        if kind not in OPTIONS:
            raise AnsibleActionFail(f"src: {kind} is not known; kinds are {', '.join(OPTIONS)}")
        yield from ((str(kind), path) for path in _listed(paths))


def _listed(paths: Any) -> list[str]:
    if paths is None or paths == "":
        return []
    listed = [paths] if isinstance(paths, str) else paths
    if not isinstance(listed, Sequence) or not all(isinstance(path, str) and path for path in listed):
        raise AnsibleActionFail(f"src: is no file; {_FORM}")
    return [str(path) for path in listed]


def _text(content: bytes, name: str) -> str:
    """Return the file's text. Windows writes UTF-8 with a byte-order mark, or UTF-16, which always has one."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise AnsibleActionFail(f"{name}, line {line}: is not UTF-8; save the file as that") from None


def _lists(name: str, text: str, kind: str | None, decrypt: Callable[[bytes], bytes]) -> Lists:
    ending = PurePath(name).suffix.lower()
    if ending == ".csv":
        found, entries = read_csv(text, name, kind)
        return {found: entries}
    if ending == ".json":
        content = read_json(text, name)
    elif ending in (".yml", ".yaml"):
        content = read_yaml(text, name, decrypt)
    else:
        raise AnsibleActionFail(f"src: {name} ends in none of .yml, .yaml, .json and .csv, which tell what is in it")
    lists = {kind: content} if kind else content
    _check(lists, name, whole=kind is None)
    result = {str(key): plain(entries or [], f"{name}: {key}") for key, entries in lists.items()}
    for key, entries in result.items():
        _check_entries(entries, key, name)
    return result


def _check(lists: Any, name: str, *, whole: bool) -> None:
    """Refuse what are no lists of accounts."""
    if not isinstance(lists, Mapping) or not lists:
        raise AnsibleActionFail(f"{name}: is no dictionary with {', '.join(OPTIONS)}")
    for kind, entries in lists.items():
        if kind not in OPTIONS:
            raise AnsibleActionFail(f"{name}: {kind} is not known; known are {', '.join(OPTIONS)}")
        # Nothing after a key of the whole is an empty list, but an empty file is a mistake.
        if not isinstance(entries, list) and not (whole and entries is None):
            raise AnsibleActionFail(f"{name}: is no list of {kind}" if not whole else f"{name}: {kind} is no list")


def _check_entries(entries: Sequence[Any], kind: str, name: str) -> None:
    for number, entry in enumerate(entries, 1):
        if fault := fault_of(kind, entry):
            raise AnsibleActionFail(f"{name}: {kind}[{number}]: {fault}")
