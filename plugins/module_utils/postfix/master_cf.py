# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a master.cf: services read and edited in place, everything else kept byte for byte.

Format: master(5). A service is known by its name and type (``submission/inet``, as ``postconf -M`` writes it). Its
arguments are flags and ``-o name=value`` options first, then what the daemon itself takes (``pipe`` and ``spawn``);
an option with white space in it is written ``-o { name = value }`` (Postfix 3.0 and newer).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .logical import BLANKS, Block, Edit, Word, apply_edits, is_comment, masked, split_blocks, with_final_newline, words

# The fields between type and command, in the file's order, by the names that the file's own header gives them.
FIELDS = ("private", "unprivileged", "chroot", "wakeup", "maxproc")
_COMMAND = 2 + len(FIELDS)
_INDENT = "  "


@dataclass(frozen=True)
class Service:
    """What a service's entry says. ``command`` is the daemon with its arguments, the ``-o`` options left out."""

    name: str
    type: str
    fields: Mapping[str, str]
    command: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``name/type``."""
        return f"{self.name}/{self.type}"

    @property
    def daemon(self) -> str:
        """The program in ``daemon_directory``."""
        return self.command.split(None, 1)[0] if self.command.strip() else ""


@dataclass(frozen=True)
class _Option:
    """A ``-o`` with its assignment; ``flag`` is where it starts, ``place`` is the assignment's own span."""

    name: str
    value: str
    flag: int
    place: Word


@dataclass(frozen=True)
class _Parsed:
    service: Service
    cells: tuple[Word, ...]
    flags: tuple[Word, ...]
    options: tuple[_Option, ...]
    rest: tuple[Word, ...]

    @property
    def last_leading(self) -> int:
        """Where the daemon's name, its flags and its ``-o`` options end."""
        ends = [self.cells[_COMMAND].end, *(word.end for word in self.flags)]
        return max([*ends, *(option.place.end for option in self.options)])


class MasterCf:
    """A master.cf, changed in memory. ``dump`` of an unchanged one is the text it was made from."""

    def __init__(self, text: str) -> None:
        self._blocks = split_blocks(text)

    def dump(self) -> str:
        """Return the text of the file."""
        return "".join(block.text for block in self._blocks)

    def services(self) -> dict[str, Service]:
        """Return the services by ``name/type``, the last one where two have the same."""
        parsed = [_parse(block) for block in self._blocks]
        return {item.service.key: item.service for item in parsed if item is not None}

    def entry(self, key: str) -> str | None:
        """Return the text of the service ``key`` without its last line break, ``None`` where there is none."""
        index = self._find(key)
        return None if index is None else self._blocks[index].text.removesuffix("\n")

    def put(self, key: str, entry: str) -> None:
        """Put the text ``entry`` in the place of the service ``key``, or at the end of the file."""
        index = self._find(key)
        if index is None:
            if self._blocks:
                final = self._blocks[-1]
                self._blocks[-1] = Block(with_final_newline(final.text), final.is_entry)
            self._blocks.append(Block(f"{entry}\n", True))
        else:
            end = "\n" if self._blocks[index].text.endswith("\n") else ""
            self._blocks[index] = Block(f"{entry}{end}", True)

    def remove(self, key: str) -> None:
        """Take out every entry of the service ``key``; the comments inside it stay."""
        while (index := self._find(key)) is not None:
            comments = [line for line in self._blocks[index].text.split("\n") if is_comment(line)]
            self._blocks[index] = Block("".join(f"{line}\n" for line in comments), False)
        self._blocks = split_blocks(self.dump())

    def set_field(self, key: str, name: str, value: str) -> None:
        """Give the field ``name`` (one of `FIELDS`) of the service ``key`` the text ``value``."""

        def edits(parsed: _Parsed, text: str) -> list[Edit]:
            cell = parsed.cells[2 + FIELDS.index(name)]
            spaces = len(text[cell.end :]) - len(text[cell.end :].lstrip(" "))
            # Columns stay aligned as far as the spaces behind the cell allow.
            growth = len(value) - len(cell.text)
            used = max(0, min(growth, spaces - 1))
            return [Edit(cell.start, cell.end + used, value + " " * max(0, -growth if spaces else 0))]

        self._edit(key, edits)

    def set_command(self, key: str, command: str) -> None:
        """Give the service ``key`` another daemon with its arguments; the ``-o`` options stay."""
        daemon, flags, rest = split_command(command)

        def edits(parsed: _Parsed, text: str) -> list[Edit]:
            cell = parsed.cells[_COMMAND]
            arguments = " ".join(rest)
            result = [Edit(cell.start, cell.end, " ".join([daemon, *flags]))]
            result += [_without(text, word.start, word.end) for word in parsed.flags]
            lines = _same_line(parsed.rest, text)
            if lines and rest:
                result.append(Edit(*lines.pop(0), arguments))
            elif rest:
                # Behind options, which stand one a line, the arguments get a line of their own.
                lead, end = (f"\n{_INDENT}", parsed.last_leading) if parsed.options else (" ", cell.end)
                result.append(Edit(end, end, lead + arguments))
            return result + [_without(text, *span) for span in lines]

        self._edit(key, edits)

    def set_option(self, key: str, name: str, value: str) -> None:
        """Set ``-o name=value`` of the service ``key``, in place where it has one."""

        def edits(parsed: _Parsed, text: str) -> list[Edit]:
            places = [option for option in parsed.options if option.name == name]
            if places:
                place = places[-1].place
                return [Edit(place.start, place.end, assignment(name, value))]
            end = parsed.last_leading
            return [Edit(end, end, f"\n{_option_indent(parsed, text)}-o {assignment(name, value)}")]

        self._edit(key, edits)

    def remove_option(self, key: str, name: str) -> None:
        """Take out every ``-o name=...`` of the service ``key``."""

        def edits(parsed: _Parsed, text: str) -> list[Edit]:
            return [_without(text, item.flag, item.place.end) for item in parsed.options if item.name == name]

        self._edit(key, edits)

    def _find(self, key: str) -> int | None:
        for index in range(len(self._blocks) - 1, -1, -1):
            parsed = _parse(self._blocks[index])
            if parsed is not None and parsed.service.key == key:
                return index
        return None

    def _edit(self, key: str, edits: Callable[[_Parsed, str], list[Edit]]) -> None:
        index = self._find(key)
        parsed = None if index is None else _parse(self._blocks[index])
        if index is None or parsed is None:
            raise KeyError(key)
        text = self._blocks[index].text
        self._blocks[index] = Block(apply_edits(text, edits(parsed, text)), True)


def entry_text(service: Service) -> str:
    """Return a new entry for ``service``: its fields in the columns of Postfix's own file, one option a line."""
    cells = [service.fields.get(name, "-") for name in FIELDS]
    daemon, flags, rest = split_command(service.command)
    head = f"{service.name:<9} {service.type:<5}"
    line = " ".join([head, *(f"{cell:<7}" for cell in cells), " ".join([daemon, *flags])])
    lines = [line, *(f"{_INDENT}-o {assignment(name, value)}" for name, value in service.options.items())]
    if rest and service.options:
        lines.append(_INDENT + " ".join(rest))
    elif rest:
        lines[0] += " " + " ".join(rest)
    return "\n".join(lines)


def assignment(name: str, value: str) -> str:
    """Return what stands behind ``-o``: in braces where the value has white space."""
    return f"{{ {name} = {value} }}" if any(character in BLANKS for character in value) else f"{name}={value}"


def split_command(command: str) -> tuple[str, list[str], list[str]]:
    """Return the daemon, its flags and the arguments behind them."""
    texts = [word.text for word in words(command)]
    daemon, arguments = (texts[0], texts[1:]) if texts else ("", [])
    count = 0
    while count < len(arguments) and _is_flag(arguments[count]):
        count += 1
    return daemon, arguments[:count], arguments[count:]


def _is_flag(text: str) -> bool:
    return text.startswith("-") and text not in ("-", "--")


def _parse(block: Block) -> _Parsed | None:
    """Return the parts of an entry; ``None`` for comments and for a line with too few fields, which Postfix refuses."""
    if not block.is_entry:
        return None
    found = words(block.text)
    if len(found) <= _COMMAND:
        return None
    flags: list[Word] = []
    options: list[_Option] = []
    place = _COMMAND + 1
    while place < len(found) and _is_flag(found[place].text):
        word = found[place]
        if word.text == "-o" and place + 1 < len(found):
            place += 1
            options.append(_option(word.start, found[place]))
        elif word.text.startswith("-o") and len(word.text) > 2:
            options.append(_option(word.start, Word(word.text[2:], word.start + 2, word.end)))
        else:
            flags.append(word)
        place += 1
    cells, rest = found[: _COMMAND + 1], found[place:]
    texts = [cell.text for cell in cells]
    service = Service(
        texts[0],
        texts[1],
        dict(zip(FIELDS, texts[2:_COMMAND], strict=True)),
        " ".join(word.text for word in (cells[_COMMAND], *flags, *rest)),
        {option.name: option.value for option in options},
    )
    return _Parsed(service, tuple(cells), tuple(flags), tuple(options), tuple(rest))


def _option(flag: int, place: Word) -> _Option:
    text = place.text
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    name, _equals, value = masked(text).partition("=")
    return _Option(name.strip(BLANKS), value.strip(BLANKS), flag, place)


def _same_line(found: tuple[Word, ...], text: str) -> list[tuple[int, int]]:
    """Return the spans of ``found``, one for the words of each line."""
    spans: list[tuple[int, int]] = []
    for word in found:
        if spans and "\n" not in text[spans[-1][1] : word.start]:
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return spans


def _without(text: str, start: int, end: int) -> Edit:
    """Return the edit that takes ``text[start:end]`` out, and the whole line where nothing else is on it."""
    line = text.rfind("\n", 0, start) + 1
    following = text.find("\n", end)
    stop = len(text) if following < 0 else following
    if line and not text[line:start].strip(BLANKS):
        if not text[end:stop].strip(BLANKS):
            # The line break before it goes, the one behind it stays: the entry may be the last of a file without one.
            return Edit(line - 1, stop, "")
        return Edit(start, end + len(text[end:stop]) - len(text[end:stop].lstrip(" \t")), "")
    before = start - (len(text[:start]) - len(text[:start].rstrip(" \t")))
    return Edit(before, end, "")


def _option_indent(parsed: _Parsed, text: str) -> str:
    if parsed.options:
        flag = parsed.options[-1].flag
        line = text.rfind("\n", 0, flag) + 1
        if line and not text[line:flag].strip(BLANKS):
            return text[line:flag]
    return _INDENT
