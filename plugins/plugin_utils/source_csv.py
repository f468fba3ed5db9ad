# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts from CSV: one kind of object a file, one object a line, options as columns, an empty cell for "not given".

Messages name line and column. They never show what a file without a header, or with a password in the wrong place,
would have there: cells appear only in what `source_entry` says of an option's value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.mailwright.mail.plugins.module_utils.core.addresses import parse_domain, parse_own_address
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue

from .source_entry import IDENTITY, OPTIONS, fault_of

_DELIMITERS = ",;\t"
# With this first line a spreadsheet program says which of them it is.
_SAID = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
# One domain or address has many spellings: capitals, a last dot, A-labels and U-labels.
_SPELLING: Mapping[str, Callable[[str], str]] = {
    "domains": parse_domain,
    "mailboxes": lambda value: str(parse_own_address(value)),
    "aliases": lambda value: str(parse_own_address(value, catch_all=True)),
    "app_passwords": lambda value: str(parse_own_address(value)),
}
_BETWEEN_NAMES = re.compile(r"[,;\s]+")


def read_csv(text: str, name: str, kind: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the kind of objects in the file ``name``, and their entries; without ``kind``, its columns tell.

    Raises:
        AnsibleActionFail: no or another header, a line that does not fit it, a value that cannot be taken, or a second
            line for one object.
    """
    rows = _rows(text, name)
    line, cells = next(rows, (1, []))
    header = [cell.strip().lower() for cell in cells]
    place = f"{name}, line {line}"
    kind = kind or _kind_of(header, place)
    _check_header(header, kind, place)
    entries: list[dict[str, Any]] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in rows:
        place = f"{name}, line {line}"
        entry = _entry(cells, header, OPTIONS[kind], place)
        _check_entry(entry, kind, place)
        identity = [entry[column] for column in IDENTITY[kind]]
        if (first := seen.setdefault(_same(kind, identity), line)) != line:
            raise AnsibleActionFail(
                f"{place}, column {IDENTITY[kind][-1]}: {'/'.join(identity)} stands in line {first} too; leave one of "
                "the two out"
            )
        entries.append(entry)
    return kind, entries


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line that has any, and its number: that of the first one, where a cell goes over many."""
    said = _SAID.match(text)
    rest, before, delimiter = (text[said.end() :], 1, said[1]) if said else (text, 0, _delimiter(text))
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise AnsibleActionFail(f"{name}, line {line}: is no CSV ({error})") from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _same(kind: str, identity: Sequence[str]) -> tuple[str, ...]:
    """Return what is equal for two spellings of one object: only an app password's name has capitals of its own."""
    try:
        return (_SPELLING[kind](identity[0]), *identity[1:])
    except InvalidValue:
        # The module says what is wrong with it.
        return tuple(identity)


def _delimiter(text: str) -> str:
    """Return the one that the header has: no option has any of them in its name."""
    header = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def _kind_of(header: Sequence[str], place: str) -> str:
    """Return the kind that has these columns, or most of them: which one is wrong is then told of that kind."""
    kinds = [
        kind for kind, options in OPTIONS.items() if set(IDENTITY[kind]) <= set(header) and set(header) <= set(options)
    ]
    if not kinds:
        known = {kind: len(set(header) & set(options)) for kind, options in OPTIONS.items()}
        nearest = [kind for kind, number in known.items() if number == max(known.values()) > 0]
        kinds = nearest if len(nearest) == 1 else []
    if len(kinds) != 1:
        why = f"are those of {' and '.join(kinds)}" if kinds else f"are not those of {', '.join(OPTIONS)}"
        raise AnsibleActionFail(
            f"{place}: the columns {why}; the first line names them as the options are called, and "
            "src: {mailboxes: FILE} says of what kind the objects are"
        )
    return kinds[0]


def _check_header(header: Sequence[str], kind: str, place: str) -> None:
    for column in IDENTITY[kind]:
        if column not in header:
            raise AnsibleActionFail(f"{place}: has no column {column}; the first line names the columns")
    for number, column in enumerate(header, 1):
        if column not in OPTIONS[kind]:
            known = ", ".join(sorted(OPTIONS[kind]))
            raise AnsibleActionFail(f"{place}, column {number}: is no option of {kind}; known are {known}")
        if column in header[: number - 1]:
            raise AnsibleActionFail(f"{place}, column {number}: {column} is the name of an earlier column too")


def _entry(
    cells: Sequence[str], header: Sequence[str], options: Mapping[str, Mapping[str, Any]], place: str
) -> dict[str, Any]:
    if len(cells) < len(header):
        raise AnsibleActionFail(f"{place}, column {header[len(cells)]}: is missing, the line ends before it")
    if any(cell.strip() for cell in cells[len(header) :]):
        raise AnsibleActionFail(
            f"{place}: has {len(cells)} columns, and the header has {len(header)}; put a cell with the delimiter in it "
            "in quotes"
        )
    entry: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=False):
        # Spaces are part of a password, and of nothing else.
        value = cell if column == "password" else cell.strip()
        if value:
            entry[column] = _names(value) if options[column]["type"] == "list" else value
    return entry


def _names(value: str) -> list[str]:
    return [name for name in _BETWEEN_NAMES.split(value) if name]


def _check_entry(entry: Mapping[str, Any], kind: str, place: str) -> None:
    for column in IDENTITY[kind]:
        if column not in entry:
            raise AnsibleActionFail(f"{place}, column {column}: is empty; give one")
    if fault := fault_of(kind, entry):
        # The column is the one that has the same fault without the others; some faults are of two together.
        named = {column: entry[column] for column in IDENTITY[kind]}
        alone = ((column, fault_of(kind, {**named, column: entry[column]})) for column in entry)
        column = next((column for column, same in alone if same == fault), "")
        raise AnsibleActionFail(f"{place}, column {column}: {fault}" if column else f"{place}: {fault}")
