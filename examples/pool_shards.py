"""Pools a folder of shards, is interrupted half way, goes on, and compares with pooling each bag at once.

    python examples/pool_shards.py

A shard is an .npz file with `x`, the elements, and `ids`, the bag that each is in. Here a bag goes on in the next
shards, as the frames of a film or the patches of a slide do. On a set of your own:

    python examples/pool_shards.py --spec "concat(mean, std)" --shards features/ --out pooled.npz --workers 4

Whenever that is cut off, the same line goes on with the shards that are left. With `--engine ray --address auto` in
place of --workers, a Ray cluster pools them, whose machines share both folders.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FEATURES = 32


def main() -> int:
    asked = arguments()
    if asked.shards:
        pool(asked.spec, asked.shards, asked.out, place(asked))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return demonstrate(asked.spec, Path(folder), place(asked))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", default="concat(mean, std, last)", help="what to pool with; it must merge")
    parser.add_argument("--shards", type=Path, help="a folder of yours; a small one is made if none is given")
    parser.add_argument("--out", type=Path, default=Path("pooled.npz"), help="for the vectors of --shards")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--engine", default="local", help="local or ray")
    parser.add_argument("--address", help="of a Ray cluster that runs")
    return parser.parse_args()


def place(asked: argparse.Namespace) -> dict[str, Any]:
    """Where shards are pooled."""
    return {"workers": asked.workers, "engine": asked.engine, "address": asked.address}


def demonstrate(spec: str, folder: Path, where: dict[str, Any]) -> int:
    shards, out = folder / "shards", folder / "pooled.npz"
    write(shards)
    try:
        pool(spec, shards, out, where, stop_after=4)
    except KeyboardInterrupt:
        print(f"interrupted; {out.name} is {'there' if out.exists() else 'not there yet'}")
    pool(spec, shards, out, where)
    apart = compare(spec, shards, out)
    print(f"pooling each bag at once gives the same, but for {apart:.1g} of the largest number")
    return 0 if apart <= 8 * 2.0**-23 else 1


def write(folder: Path) -> None:
    """8 shards of 1,000 elements, of bags of 300 to 2,500: most begin in one shard and end in another."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(300, 2500, 8)
    ids = np.repeat([f"film {i}" for i in range(8)], sizes)[:8000]
    folder.mkdir()
    for i, part in enumerate(np.array_split(ids, 8)):
        np.savez(folder / f"shard-{i}.npz", x=rng.normal(size=(len(part), FEATURES)).astype("float32"), ids=part)


def pool(spec: str, shards: Path, out: Path, where: dict[str, Any], stop_after: int = 0) -> None:
    import kpool

    def progress(done: int, of: int) -> None:
        print(f"{done} of {of} shards", flush=True)
        if done == stop_after > 0:
            raise KeyboardInterrupt

    done = kpool.pool_shards(spec, shards, out, progress=progress, **where)
    print(f"{done.path.name}: {done.bags} bags; {done.reduced} of {done.shards} shards were left to do")


def compare(spec: str, shards: Path, out: Path) -> float:
    """How far apart the vectors are from those of whole bags, which here fit into memory."""
    import kpool

    parts = [np.load(path) for path in sorted(shards.glob("*.npz"))]
    x, ids = (np.concatenate([part[name] for part in parts]) for name in ("x", "ids"))
    layer, written = kpool.head(spec), np.load(out)
    whole = np.concatenate([layer(x[None, ids == name]) for name in written["ids"]])
    return float(np.abs(written["pooled"] - whole).max() / max(np.abs(x).max(), np.abs(whole).max()))


if __name__ == "__main__":
    sys.exit(main())
