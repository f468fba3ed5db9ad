# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that several checks ask for, each got once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """A function that is called once for the same arguments, from however many threads; the others wait for it."""

    def __init__(self, function: Callable[..., Result]) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._known: dict[Hashable, Future[Result]] = {}

    def __call__(self, *key: Any) -> Result:
        """Return what the function returns, or raise what it raises."""
        with self._lock:
            future = self._known.get(key)
            mine = future is None
            if future is None:
                future = self._known[key] = Future()
        if mine:
            try:
                future.set_result(self._function(*key))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()
