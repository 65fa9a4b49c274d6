"""Process items in several threads and return the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Apply a function to each item in threads; yield the results in the order of the items.

    At most `threads` + 1 items are being processed or wait as results. Compiled kernels release Python's interpreter
    lock, so threads that run kernels work in parallel.

    Args:
        function: called with one item, from several threads at the same time.
        items: taken one by one in the thread that takes the results.
        threads: number of threads that call `function`.

    Yields:
        One result for each item. An error that `function` raises for an item is raised instead of the item's result.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
