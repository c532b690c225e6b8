"""From a shard to the states of its bags, many bags at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kpool.reductions import State
from kpool.shards.shard import Array, Shard
from kpool.shards.states import Kept, Rows
from kpool.stream import Stream


def reduce(stream: Stream, shard: Shard, kept: Kept, block: int) -> None:
    """Keep the states of a shard's bags; beside the shard, about `block` bytes of them at a time are in memory."""
    bags = Bags.of(*shard.read())
    rows = Rows.of(stream, shard.features)
    kept.keep(bags.names, bags.states(stream, rows, block), rows.dtype)


@dataclass(frozen=True)
class Bags:
    """The elements of a shard, and where those of each bag are.

    Attributes:
        x: (elements, features)
        names: The ids of the bags, in rising order.
        order: The places of the elements, bag by bag, those of a bag in the order of the shard.
        starts: Where each bag starts in it.
        sizes: How many elements each has.
    """

    x: Array
    names: Array
    order: Array
    starts: Array
    sizes: Array

    @classmethod
    def of(cls, x: Array, ids: Array) -> Bags:
        names, bag = np.unique(ids, return_inverse=True)
        sizes = np.bincount(bag, minlength=len(names))
        return cls(x, names, np.argsort(bag, kind="stable"), np.cumsum(sizes) - sizes, sizes)

    def states(self, stream: Stream, rows: Rows, block: int) -> Iterator[Array]:
        """The states of all bags, as rows, a block after the other."""
        at_once = max(1, block // rows.dtype.itemsize)
        bytes_of_one = 4 * max(1, self.x.shape[1]) * 4  # float32; what a state is made of is several times x
        most = max(1, block // bytes_of_one)
        for start in range(0, len(self.names), at_once):
            some = np.arange(start, min(start + at_once, len(self.names)))
            states = np.empty(len(some), rows.dtype)
            for part in _batches(self.sizes[some], most):
                states[part] = rows.pack(self._state(stream, some[part], most))
            yield states

    def _state(self, stream: Stream, some: Array, most: int) -> State:
        """The state of some bags: padded to the longest, at most so many steps of it at a time."""
        state = stream.start(len(some), self.x.shape[1])
        longest = int(self.sizes[some].max())
        for start in range(0, longest, most):
            steps = np.arange(start, min(start + most, longest))
            counted = steps < self.sizes[some, None]
            places = self.order[np.where(counted, self.starts[some, None] + steps, 0)]
            state = stream.update(state, self.x[places], counted)
        return state


def _batches(sizes: Array, most: int) -> Iterator[Array]:
    """Bags of about one size together, so that padding is little; at most so many elements, or one bag."""
    falling = np.argsort(-sizes, kind="stable")
    start = 0
    while start < len(falling):
        end = start + max(1, most // int(sizes[falling[start]]))
        yield falling[start:end]
        start = end
