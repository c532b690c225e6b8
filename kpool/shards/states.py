"""The states of bags on disk: a row each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops as kops

from kpool.files import replacing
from kpool.reductions import State
from kpool.shards.shard import Array, Shard
from kpool.stream import Stream

WAY_OUT = "finished shards are kept; make room and start again"


@dataclass(frozen=True)
class Rows:
    """How a stream's state lies in a row of a structured array, whose fields are called as the state's keys."""

    dtype: np.dtype[Any]

    @classmethod
    def of(cls, stream: Stream, features: int) -> Rows:
        state = {key: kops.convert_to_numpy(x) for key, x in stream.start(1, features).items()}
        return cls(np.dtype([(key, x.dtype, x.shape[1:]) for key, x in state.items()]))

    def pack(self, state: State) -> Array:
        arrays = {key: kops.convert_to_numpy(state[key]) for key in self.dtype.names or ()}
        rows = np.empty(len(next(iter(arrays.values()))), self.dtype)
        for key, x in arrays.items():
            rows[key] = x
        return rows

    def unpack(self, rows: Array) -> State:
        return {key: kops.convert_to_tensor(np.ascontiguousarray(rows[key])) for key in self.dtype.names or ()}


@dataclass(frozen=True)
class Kept:
    """Where a shard's states are kept.

    The name says of which state of the shard and of the layer they are: where they stand under it, they may be used.
    """

    stem: Path

    @classmethod
    def of(cls, folder: Path, shard: Shard, layer: str) -> Kept:
        facts = json.dumps([layer, shard.name, shard.stamp])
        return cls(folder / f"{shard.name}.{hashlib.sha256(facts.encode()).hexdigest()[:16]}")

    @property
    def files(self) -> tuple[Path, Path]:
        """The ids, in rising order, and their states."""
        names, rows = (self.stem.with_name(f"{self.stem.name}.{what}.npy") for what in ("ids", "states"))
        return names, rows

    @property
    def done(self) -> bool:
        """The states are written last: where they stand, all stands."""
        return self.files[1].is_file()

    def keep(self, names: Array, blocks: Iterable[Array], dtype: np.dtype[Any]) -> None:
        names_file, rows_file = self.files
        with replacing(names_file, WAY_OUT) as aside:
            np.save(aside, names)
        with replacing(rows_file, WAY_OUT) as aside, aside.open("wb") as file:
            write_header(file, dtype, (len(names),))
            for block in blocks:
                file.write(block.tobytes())

    def names(self) -> Array:
        names: Array = np.load(self.files[0])
        return names

    def part(self, start: int, end: int) -> tuple[Array, Array]:
        """Some ids and their states; no more than these is read."""
        names, rows = (np.array(np.load(file, mmap_mode="r")[start:end]) for file in self.files)
        return names, rows


def write_header(file: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """The beginning of an .npy file; the array's bytes follow."""
    facts = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, facts)
