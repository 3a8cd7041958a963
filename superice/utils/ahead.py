"""Make the next item of an iterator while the caller works on the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def work_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, the next of which is made in a thread meanwhile.

    An error of the making is raised where its item would have been yielded.
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(max_workers=1) as thread:
        upcoming = thread.submit(next, source, end)
        while (item := upcoming.result()) is not end:
            upcoming = thread.submit(next, source, end)
            yield item  # type: ignore[misc]  # only the mark of the end is no item
