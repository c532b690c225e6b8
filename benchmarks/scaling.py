"""How cost grows: with steps, with the batch, with queries, with clusters; all under XLA, forward.

    python benchmarks/scaling.py [--json FILE]

For each size it prints the time per unit (step, example, query, cluster) as a multiple of that at the first size, the
sizes timed in turns: 1 throughout is linear. Inputs are too large for a cache at every size. Memory is what XLA reports
beside input and answer at the largest size, as a share of the input; a NetVLAD that made every element's difference to
every cluster would hold clusters times the input.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kpool.bench import backend, clock, memory
from kpool.bench.inputs import Input
from kpool.bench.run import FORWARD, Run
from kpool.bench.work import Work, timed

ROUNDS = 9


@dataclass(frozen=True)
class Growth:
    """One pooling at several sizes."""

    pooling: str
    along: str
    sizes: list[int]
    ms: list[float]
    per_unit: list[float]
    memory: float | None


def growth(pooling: str, along: str, works: Mapping[int, Work]) -> Growth:
    """Time the works by size; the units of the first are the measure."""
    first, *_, last = works
    (held,) = memory.held([(works[last], FORWARD)])
    tasks = {size: task(work) for size, work in works.items()}
    for run in tasks.values():
        run()
        run()
    taken = clock.in_turns({str(size): run for size, run in tasks.items()}, ROUNDS)
    per_unit = [clock.ratio(taken[str(size)], taken[str(first)]).median * first / size for size in tasks]
    found = Growth(
        pooling,
        along,
        [*tasks],
        [round(1e3 * float(np.median(taken[str(size)])), 3) for size in tasks],
        [round(ratio, 3) for ratio in per_unit],
        held,
    )
    print(
        f"{pooling}, {along}: {dict(zip(found.sizes, found.per_unit, strict=True))}, memory {found.memory}", flush=True
    )
    return found


def task(work: Work) -> Run:
    compiled = backend.MODES[backend.FASTEST](timed(work.layer(), {}, FORWARD))
    return Run(functools.partial(compiled, work.given.tensor()), backend.wait, backend.read)


def work(shape: str, spec: str) -> Work:
    return Work(Input(shape, masked=False), spec)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    steps, examples = (1024, 4096, 16384, 65536), (32, 128, 512)
    found = [
        *(
            growth(spec, "steps", {n: work(f"16x{n}x256", spec) for n in steps})
            for spec in ("mean", "max", "gem", "std", "attention")
        ),
        *(growth(spec, "examples", {n: work(f"{n}x512x256", spec) for n in examples}) for spec in ("mean", "std")),
        growth(
            "dot_attention",
            "queries",
            {n: work("16x2048x256", f"dot_attention(queries={n})") for n in (4, 8, 16, 32, 64)},
        ),
        growth("netvlad", "clusters", {n: work("16x2048x256", f"netvlad(clusters={n})") for n in (8, 16, 32, 64)}),
    ]
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
