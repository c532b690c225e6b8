"""From the states of all shards to one vector for each bag."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np
from keras import ops as kops

from kpool.errors import KpoolError
from kpool.files import replacing
from kpool.shards.shard import Array
from kpool.shards.states import WAY_OUT, Kept, Rows, write_header
from kpool.stream import Stream


def merge(stream: Stream, rows: Rows, kept: Sequence[Kept], out: Path, block: int) -> int:
    """Write the vectors of all bags, and give their number; about `block` bytes of states at a time are in memory."""
    names = _union(kept)
    if not len(names):
        raise KpoolError("no shard has an element; see what the extractor wrote")
    at_once = max(1, block // rows.dtype.itemsize)
    groups = [names[start : start + at_once] for start in range(0, len(names), at_once)]
    cuts = np.array([_cuts(one.names(), names[::at_once]) for one in kept])
    answers = (
        _answers(stream.finish(rows.unpack(_merged(stream, rows, group, _parts(kept, cuts[:, i : i + 2])))))
        for i, group in enumerate(groups)
    )
    with replacing(out, WAY_OUT) as aside:
        _write(aside, kept[0].stem.parent, names, answers)
    return len(names)


def _union(kept: Sequence[Kept]) -> Array:
    """The ids of all shards, in rising order; half by half, so that few shards' are in memory."""
    if len(kept) == 1:
        return kept[0].names()
    middle = len(kept) // 2
    return np.union1d(_union(kept[:middle]), _union(kept[middle:]))


def _cuts(names: Array, firsts: Array) -> Array:
    """Where the groups that begin with these ids begin and end in a shard."""
    return np.append(np.searchsorted(names, firsts), len(names))


def _parts(kept: Sequence[Kept], cuts: Array) -> Iterator[tuple[Array, Array]]:
    """What each shard has of a group, in the order of the shards."""
    for one, (start, end) in zip(kept, cuts, strict=True):
        if start < end:
            yield one.part(start, end)


def _merged(stream: Stream, rows: Rows, group: Array, parts: Iterator[tuple[Array, Array]]) -> Array:
    """The states of a group of bags, those of earlier shards before those of later ones."""
    merged, seen = np.empty(len(group), rows.dtype), np.zeros(len(group), "bool")
    for names, states in parts:
        at = np.searchsorted(group, names)
        again = seen[at]
        merged[at[~again]] = states[~again]
        if again.any():
            former, later = rows.unpack(merged[at[again]]), rows.unpack(states[again])
            merged[at[again]] = rows.pack(stream.merge(former, later))
        seen[at] = True
    return merged


def _answers(answer: Any) -> dict[str, Array]:
    """The arrays to write: pooled, or pooled_NAME for each of several answers."""
    return {"_".join(("pooled", *map(str, path))): _plain(x) for path, x in keras.tree.flatten_with_path(answer)}


def _plain(x: Any) -> Array:
    """NumPy files know no bfloat16."""
    array = np.asarray(kops.convert_to_numpy(x))
    return array.astype("float32") if array.dtype.kind == "V" else array


def _write(path: Path, folder: Path, names: Array, answers: Iterator[dict[str, Array]]) -> None:
    """An .npz file that is never in memory: its arrays grow beside each other in the folder, and are then put in."""
    files: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for some in answers:
            for key, x in some.items():
                if key not in files:
                    files[key] = stack.enter_context((folder / f".{key}.npy").open("wb"))
                    write_header(files[key], x.dtype, (len(names), *x.shape[1:]))
                files[key].write(x.tobytes())
    np.savez(path, ids=names)
    with zipfile.ZipFile(path, "a") as archive:
        for key in files:
            archive.write(folder / f".{key}.npy", f"{key}.npy")
            (folder / f".{key}.npy").unlink()
