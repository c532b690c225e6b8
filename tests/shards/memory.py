"""Pools a set of shards: prints, in MiB, how large it is, how large the states are, and by how much memory grew.

argv: a folder, and how many shards to write. What TensorFlow takes by itself is taken before, by the first of them.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np

import kpool

ELEMENTS, FEATURES, EACH = 4096, 256, 4  # a shard of 4 MiB, of bags of 4 elements
BLOCK = 2**22


def write(folder: Path, shards: range) -> int:
    """The size of what was written; the last bag of each shard goes on in the next."""
    folder.mkdir()
    for i in shards:
        x = np.random.default_rng(i).normal(size=(ELEMENTS, FEATURES)).astype("float32")
        ids = (i * ELEMENTS + np.arange(ELEMENTS) + EACH // 2) // EACH
        np.savez(folder / f"{i}.npz", x=x, ids=ids)
    return sum(file.stat().st_size for file in folder.iterdir())


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB


def main() -> None:
    folder, shards = Path(sys.argv[1]), int(sys.argv[2])
    write(folder / "two", range(2))
    size = write(folder / "all", range(shards))
    kpool.pool_shards("std", folder / "two", folder / "two.npz", block=BLOCK)
    before = peak()
    done = kpool.pool_shards("std", folder / "all", folder / "all.npz", block=BLOCK)
    states = sum(file.stat().st_size for file in done.states.iterdir())
    print(*(round(n / 2**20) for n in (size, states, peak() - before)))  # noqa: T201


if __name__ == "__main__":
    main()
