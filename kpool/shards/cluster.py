"""Shards reduced on a Ray cluster, whose machines share the folders."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from typing import Any

from kpool.cluster import TRIES, connected, remote
from kpool.errors import KpoolError
from kpool.shards.layers import fingerprint, made, recipe
from kpool.shards.processes import Task
from kpool.shards.reducing import reduce
from kpool.shards.shard import Shard
from kpool.shards.states import Kept
from kpool.stream import Stream


def reduce_on(address: str | None, layer: Any, made_by: str, tasks: Sequence[Task], block: int) -> Generator[Shard]:
    """Reduce each shard, and give it once its states are kept; `made_by` is the layer's fingerprint.

    Raises:
        KpoolError: as reading a shard does; a machine has other versions, or does not see the folders; workers died.
    """
    if not tasks:
        return
    with connected(address) as ray:
        one = remote(ray, _reduce)
        what = ray.put(recipe(layer)), made_by
        running = {one.remote(*what, *task, block): task for task in tasks}
        while running:
            (done,), _ = ray.wait(list(running))
            shard, kept = running.pop(done)
            _finished(ray, done, shard)
            if not kept.done:
                raise KpoolError(
                    f"a machine of the cluster wrote {kept.files[1]} where this one does not see it: all of them must "
                    "share the folder of the shards, and that of the answers"
                )
            yield shard


def _finished(ray: Any, done: Any, shard: Shard) -> None:
    try:
        ray.get(done)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, KpoolError):
            raise error.cause from None
        raise KpoolError(f"{shard.name}, on a worker: {type(error.cause).__name__}: {error.cause}") from error
    except ray.exceptions.RayError as error:
        raise KpoolError(
            f"{shard.name}: its worker died {TRIES} times ({type(error).__name__}); finished shards are kept. Its "
            "memory may have run out: make shards smaller"
        ) from error


def _reduce(layer: bytes, expected: str, shard: Shard, kept: Kept, block: int) -> None:
    """On a worker."""
    reduce(_stream(layer, expected, shard.features), shard, kept, block)


@functools.cache
def _stream(layer: bytes, expected: str, features: int) -> Stream:
    """Made and checked once a worker: its weights may be many."""
    here, stream = made(layer, features)
    if fingerprint(here) != expected:
        raise KpoolError("a machine of the cluster has other versions of kpool, its plugins or Keras than this one")
    return stream
