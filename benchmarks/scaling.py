"""How cost grows: with steps, with the batch, with queries, with clusters; all under XLA, forward.

    python benchmarks/scaling.py [--json FILE]

For each size it prints the time per unit (step, example, query, cluster) as a multiple of that at the first size, the
sizes timed in turns: 1 throughout is linear. Inputs are too large for a cache at every size. Memory is what is held
beside the input; a NetVLAD that made every element's difference to every cluster would hold clusters times the input.
"""

from __future__ import annotations

import argparse
import functools
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

import kpool
from kpool.bench import backend, clock, memory
from kpool.bench.run import Run

ROUNDS = 9


@dataclass(frozen=True)
class Growth:
    """One pooling at several sizes."""

    pooling: str
    along: str
    sizes: list[int]
    ms: list[float]
    per_unit: list[float]
    mib: list[float | None]


def growth(pooling: str, along: str, tasks: dict[int, Run]) -> Growth:
    """Time the tasks by size; the units of the first are the measure."""
    first = min(tasks)
    for task in tasks.values():
        task()
        task()
    held = [memory.peak(task) for task in tasks.values()]
    taken = clock.in_turns({str(size): task for size, task in tasks.items()}, ROUNDS)
    per_unit = [clock.ratio(taken[str(size)], taken[str(first)]).median * first / size for size in tasks]
    found = Growth(
        pooling,
        along,
        [*tasks],
        [round(1e3 * float(np.median(taken[str(size)])), 3) for size in tasks],
        [round(ratio, 3) for ratio in per_unit],
        [None if mib is None else round(mib, 1) for mib in held],
    )
    print(f"{pooling}, {along}: {dict(zip(found.sizes, found.per_unit, strict=True))}, MiB {found.mib}", flush=True)
    return found


def task(spec: str, x: np.ndarray) -> Run:
    layer, given = kpool.pool(spec), keras.ops.convert_to_tensor(x)
    layer.build(x.shape)
    compiled = backend.MODES[backend.FASTEST](layer)
    return Run(functools.partial(compiled, given), backend.wait, backend.read)


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    steps, examples = (1024, 4096, 16384, 65536), (32, 128, 512)
    found = [
        *(
            growth(spec, "steps", {n: task(spec, drawn(16, n, 256)) for n in steps})
            for spec in ("mean", "max", "gem", "std", "attention")
        ),
        *(growth(spec, "examples", {n: task(spec, drawn(n, 512, 256)) for n in examples}) for spec in ("mean", "std")),
    ]
    x = drawn(16, 2048, 256)
    queries = {n: task(f"dot_attention(queries={n})", x) for n in (4, 8, 16, 32, 64)}
    found.append(growth("dot_attention", "queries", queries))
    clusters = {n: task(f"netvlad(clusters={n})", x) for n in (8, 16, 32, 64)}
    found.append(growth("netvlad", "clusters", clusters))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
