"""Shards reduced in several processes, each with a layer of its own."""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from kpool.errors import KpoolError
from kpool.shards.reducing import reduce
from kpool.shards.shard import Shard
from kpool.shards.states import Kept
from kpool.stream import Stream

Task = tuple[Shard, Kept]


def reduce_in(workers: int, layer: Any, tasks: Sequence[Task], block: int) -> Generator[Shard]:
    """Reduce each shard, and give it once its states are kept.

    Raises:
        KpoolError: as reading a shard does; or a process died.
    """
    recipe = pickle.dumps((type(layer), layer.get_config(), layer.get_weights()))
    spawn = multiprocessing.get_context("spawn")  # TensorFlow's threads do not live through a fork
    executor = ProcessPoolExecutor(workers, spawn, initializer=_start, initargs=(recipe,))
    try:
        running = {executor.submit(_reduce, *task, block): task for task in tasks}
        for future in as_completed(running):
            future.result()
            yield running[future][0]
    except BrokenProcessPool as error:
        raise KpoolError(
            "a process died: what it said stands above, and if that is nothing, memory may have run out. Finished "
            'shards are kept; start again, with fewer workers. A script needs its `if __name__ == "__main__":`'
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


_recipe = b""


def _start(recipe: bytes) -> None:
    """In a new process: know what to do, and end when who asked for it has ended, however that came about."""
    global _recipe
    _recipe = recipe
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@functools.cache
def _stream(features: int) -> Stream:
    """Made by the first task, so that what is wrong with it is said as of a task."""
    cls, config, weights = pickle.loads(_recipe)  # noqa: S301 (our own)
    layer = cls.from_config(config)
    stream: Stream = layer.stream()
    stream.start(1, features)
    layer.set_weights(weights)
    return stream


def _reduce(shard: Shard, kept: Kept, block: int) -> None:
    reduce(_stream(shard.features), shard, kept, block)
