# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain YAML, as nearly every file of accounts is, straight from the parser's events.

PyYAML's loaders first build a tree of nodes and ask Python for the type of each, which takes several times as long as
parsing. Whatever is not plain lists, dictionaries and values is left to them.
"""

from __future__ import annotations

from typing import Any

import yaml

_TEXT = "tag:yaml.org,2002:str"
_LEFT = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
# Deeper than any list of accounts.
_DEEPEST = 20


class NotPlain(Exception):
    """The document has tags, anchors, merge keys or something else that a loader has to read."""


def read_plain(text: str) -> Any:
    """Return what `yaml.safe_load` returns for ``text``.

    Raises:
        NotPlain: ask a loader.
        yaml.YAMLError, ValueError: as a loader.
    """
    parser = yaml.CSafeLoader(text)
    try:
        return _Builder(parser).document()
    finally:
        parser.dispose()


class _Builder:
    def __init__(self, parser: Any) -> None:
        self._parser = parser
        # Quotas, flags and such repeat: (type, value) by what is written.
        self._known: dict[str, Any] = {}

    def document(self) -> Any:
        """Return the only document of the text."""
        get = self._parser.get_event
        get()
        if isinstance(get(), yaml.StreamEndEvent):
            return None
        result = self._value(get(), 0)
        get()
        if not isinstance(get(), yaml.StreamEndEvent):
            raise NotPlain
        return result

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None or depth > _DEEPEST:
            raise NotPlain
        get = self._parser.get_event
        if isinstance(event, yaml.SequenceStartEvent):
            entries = []
            while not isinstance(event := get(), yaml.SequenceEndEvent):
                entries.append(self._value(event, depth + 1))
            return entries
        result = {}
        while not isinstance(event := get(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise NotPlain
            key = self._scalar(event)
            if key in result:
                # Which is meant, a loader refuses to guess.
                raise NotPlain
            result[key] = self._value(get(), depth + 1)
        return result

    def _scalar(self, event: Any) -> Any:
        if event.anchor is not None or event.tag is not None:
            raise NotPlain
        written: str = event.value
        if not event.implicit[0]:
            # It stands in quotes.
            return written
        if written in self._known:
            return self._known[written]
        tag = self._parser.resolve(yaml.ScalarNode, written, event.implicit)
        if tag in _LEFT:
            raise NotPlain
        value = written
        if tag != _TEXT:
            value = self._parser.construct_object(yaml.ScalarNode(tag, written, event.start_mark, event.end_mark))
            self._parser.constructed_objects.clear()
        self._known[written] = value
        return value
