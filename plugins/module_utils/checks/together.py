# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one check asks of several servers, asked at once: one that is silent costs one time-out, and ten do, too."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# So many threads ask at a time; with more, a resolver does not come to answer before they give up.
SIDE_BY_SIDE = 48
_SLOTS = threading.BoundedSemaphore(SIDE_BY_SIDE)


@contextmanager
def counted() -> Iterator[None]:
    """Count the thread that calls among those that ask, so that others do not help where there are enough."""
    taken = _SLOTS.acquire(blocking=False)
    try:
        yield
    finally:
        if taken:
            _SLOTS.release()


def together(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what ``function`` returns for each of ``items``, in their order.

    It ends when all have ended, and raises what the first of them raises. Where enough threads ask just now, the caller
    does one after the other, until some of them have ended.
    """
    pairs: list[tuple[Item, Future[Result]]] = [(item, Future()) for item in items]
    waiting = deque(pairs)

    def work_once() -> None:
        try:
            item, future = waiting.popleft()
        except IndexError:
            # Another thread was faster.
            return
        try:
            future.set_result(function(item))
        except BaseException as error:
            future.set_exception(error)

    def help_out() -> None:
        try:
            while waiting:
                work_once()
        finally:
            _SLOTS.release()

    while waiting:
        for _helper in range(len(waiting) - 1):
            if not _SLOTS.acquire(blocking=False):
                break
            # Threads of a pool would be waited for at the end of the program, which the budget has to end.
            threading.Thread(target=help_out, daemon=True).start()
        work_once()
    return [future.result() for _item, future in pairs]
