"""The same for each of many strategies, in processes that end after a few.

TensorFlow (2.21) keeps what XLA compiled as long as its process lives, some 300 MB a strategy.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def each(make: Callable[[str], Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Each name with what is made of it, in the names' order."""
    names = list(names)
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=4) as running:
        yield from zip(names, running.imap(make, names), strict=True)
