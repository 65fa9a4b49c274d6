"""Work of several threads, taken in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """What `work` makes of each item, in the order of the items.

    So many items are worked on at once, while others are read, and one more is held: kernels release the interpreter's
    lock.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=threads) as workers:
        for item in items:
            waiting.append(workers.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
