"""Shards: sets of elements too large for memory, pooled bag by bag."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpool.errors import KpoolError
from kpool.files import CannotWriteError, reason
from kpool.shards.cluster import reduce_on
from kpool.shards.layers import fingerprint, layer_of
from kpool.shards.merging import merge
from kpool.shards.processes import Task, reduce_in
from kpool.shards.reducing import reduce
from kpool.shards.shard import Shard, shards_of
from kpool.shards.states import WAY_OUT, Kept, Rows
from kpool.stream import Stream

__all__ = ["PooledShards", "pool_shards"]

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class PooledShards:
    """What was done.

    Attributes:
        path: The file with the vectors.
        states: The folder with the states of each shard's bags: a call with more shards, or other ones, goes on from
            there. It may be removed.
        bags: The number of bags.
        shards: The number of shards.
        reduced: Of so many, the states were not there yet.
    """

    path: Path
    states: Path
    bags: int
    shards: int
    reduced: int


def pool_shards(
    layer: Any,
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    workers: int = 1,
    engine: str = "local",
    address: str | None = None,
    block: int = 2**25,
    progress: Callable[[int, int], None] | None = None,
) -> PooledShards:
    """Pool each bag of a folder of shards, whichever shards its elements are in: one vector for a bag.

    A shard is an .npz file with x (elements, features) and ids (elements,), the bag of each element as a whole number
    or a word; or the same as a pair, NAME.x.npy and NAME.ids.npy. Shards count in the order of their names, in which
    numbers are numbers, and elements in the order within: that is what first and last go by.

    Each shard is reduced to the states of its bags, as `layer.stream()` has them, in a folder beside `out`. A call
    that is cut off, be it by a power cut, goes on there: states are used again if neither the shard (size and time)
    nor the layer (spec, dtype, weights, versions) has changed. Then states are merged in the order of the shards.

    In memory are, for each worker, one shard and some times `block`; at the merge, some times `block`, and the ids.
    On disk are the states: for each bag and each shard that it is in, a few times its vector.

    Args:
        layer: A Pooling or Head, trained if it has weights; or a spec.
        folder: With the shards.
        out: The .npz file to write: ids, in rising order, and pooled (bags, output_features). Several answers, as of
            heads(…), are pooled_NAME each; bfloat16 becomes float32.
        workers: How many processes of this machine reduce shards; any number gives the same, to the bit.
        engine: "ray" has a Ray cluster reduce them, of as many cores or GPUs as it has. Its machines must have this
            one's versions of kpool, its plugins and Keras, and share both folders. A shard whose worker dies is begun
            again.
        address: Of a Ray cluster that runs: "auto", "host:6379" or "ray://host:10001". If not given, one is started
            of this machine's cores.
        block: How many bytes of states, or of elements made ready, are worked on at a time.
        progress: Called with the numbers of shards that are done, and of all: at first, and after each.

    Raises:
        KpoolError: the layer cannot be merged, or a shard is not what it should be; it says which and what to do. Or
            there is no such cluster.
    """
    folder, out = Path(folder), Path(out)
    _check(folder, out, workers, block)
    _check_engine(engine, address, workers)
    shards = shards_of(folder)
    built, stream = layer_of(layer, shards[0].features)
    states = _made(out.with_name(f"{out.name}.states"))
    made_by = fingerprint(built)
    kept = [Kept.of(states, shard, made_by) for shard in shards]
    missing = [(shard, one) for shard, one in zip(shards, kept, strict=True) if not one.done]
    tell = progress or (lambda done, of: None)
    tell(len(shards) - len(missing), len(shards))
    reduced: Generator[Shard]
    if engine == "ray":
        reduced = reduce_on(address, built, made_by, missing, block)
    else:
        reduced = _reduced(stream, missing, block) if workers == 1 else reduce_in(workers, built, missing, block)
    with closing(reduced):  # whatever tell raises, processes end
        for done, _ in enumerate(reduced, len(shards) - len(missing) + 1):
            tell(done, len(shards))
    bags = merge(stream, Rows.of(stream, shards[0].features), kept, out, block)
    _clear(states, kept)
    return PooledShards(out, states, bags, len(shards), len(missing))


def _check(folder: Path, out: Path, workers: int, block: int) -> None:
    if out.suffix != ".npz":
        raise KpoolError(f"the vectors are written to an .npz file, not to {out}")
    if out.resolve().parent == folder.resolve():
        raise KpoolError(f"{out} would be taken for a shard the next time; name a place outside {folder}")
    for name, number in {"workers": workers, "block": block}.items():
        if number < 1:
            raise KpoolError(f"{name} must be 1 or more, not {number}")


def _check_engine(engine: str, address: str | None, workers: int) -> None:
    if engine not in ENGINES:
        raise KpoolError(f"engine is one of {', '.join(ENGINES)}, not {engine!r}")
    if engine == "ray" and workers != 1:
        raise KpoolError(f"workers={workers} are processes of this machine; engine='ray' takes as many as it has cores")
    if address and engine != "ray":
        raise KpoolError(f"address={address!r} is of a Ray cluster: give engine='ray' with it")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(f"cannot write to {folder} ({reason(error)}); {WAY_OUT}") from error
    return folder


def _reduced(stream: Stream, tasks: Sequence[Task], block: int) -> Generator[Shard]:
    for shard, kept in tasks:
        reduce(stream, shard, kept, block)
        yield shard


def _clear(states: Path, kept: Sequence[Kept]) -> None:
    """Remove the states of what has changed since, and what a killed process left behind."""
    wanted = {file.name for one in kept for file in one.files}
    for file in states.glob("*.npy"):
        if file.name not in wanted:
            file.unlink()
