"""Shards reduced in several processes, each with a layer of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from kpool.errors import KpoolError
from kpool.shards.layers import made, recipe
from kpool.shards.reducing import reduce
from kpool.shards.shard import Shard
from kpool.shards.states import Kept

Task = tuple[Shard, Kept]


def reduce_in(workers: int, layer: Any, tasks: Sequence[Task], block: int) -> Generator[Shard]:
    """Reduce each shard, and give it once its states are kept.

    Raises:
        KpoolError: as reading a shard does; or a process died.
    """
    spawn = multiprocessing.get_context("spawn")  # TensorFlow's threads do not live through a fork
    executor = ProcessPoolExecutor(workers, spawn, initializer=_start, initargs=(recipe(layer),))
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


_layer = b""


def _start(layer: bytes) -> None:
    """In a new process: know what to do, and end when who asked for it has ended, however that came about."""
    global _layer
    _layer = layer
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _reduce(shard: Shard, kept: Kept, block: int) -> None:
    _, stream = made(_layer, shard.features)  # by the task, so that what is wrong with it is said as of a task
    reduce(stream, shard, kept, block)
