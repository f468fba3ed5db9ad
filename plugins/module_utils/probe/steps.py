# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a conversation: its steps in their order, with the time that each took; never a secret."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step: ``name`` (``connect``, ``starttls``, ``login``...), ``message`` for a person, and how it went.

    ``started`` is counted from the conversation's begin; both times are in milliseconds.
    """

    name: str
    success: bool
    message: str
    started: float
    duration: float

    def shown(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {
            "name": self.name,
            "success": self.success,
            "message": self.message,
            "started_ms": round(self.started, 1),
            "duration_ms": round(self.duration, 1),
        }


class StepFailed(Exception):
    """A step did not succeed; it says why, and stands in the log already."""


class Steps:
    """What has been done so far. ``secrets`` are cut out of every message, whoever wrote it."""

    def __init__(self, secrets: Iterable[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._clock = clock
        self._begin = clock()
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str, failures: tuple[type[BaseException], ...]) -> Iterator[Note]:
        """Note what is done inside as one step; its message is what the yielded `Note` is told.

        Raises:
            StepFailed: one of ``failures`` was raised inside; the step is in the log with its words.
        """
        started, note = self._clock(), Note()
        try:
            yield note
        except failures as error:
            # Servers' words come as bytes, and some exceptions have none.
            message = self.clean(str(error) or type(error).__name__)
            self._add(name, False, message, started)
            raise StepFailed(message) from error
        self._add(name, True, self.clean(note.text), started)

    def clean(self, text: str) -> str:
        """Return ``text`` without secrets, in one line of a readable length."""
        line = " ".join(self.hide(text).split())
        return line if len(line) <= 500 else f"{line[:500]}..."

    def hide(self, value: Any) -> Any:
        """Return ``value``, texts or lists and dictionaries of them, without secrets."""
        if isinstance(value, dict):
            return {key: self.hide(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.hide(inner) for inner in value]
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "********")
        return value

    def shown(self) -> list[dict[str, Any]]:
        """Return the steps as modules return them."""
        return [step.shown() for step in self.steps]

    def _add(self, name: str, success: bool, message: str, started: float) -> None:
        now = self._clock()
        self.steps.append(Step(name, success, message, (started - self._begin) * 1000, (now - started) * 1000))


@dataclass
class Note:
    """What a step has to say when it succeeds."""

    text: str = ""
