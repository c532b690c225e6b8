"""Writes docs/speed.md, and the pictures in docs/speed/, from benchmarks/results/.

kpool bench --peers --json > benchmarks/results/cpu-tokens.json && python docs/speed.py
python benchmarks/scaling.py --json benchmarks/results/cpu-scaling.json && python docs/speed.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kpool.bench.results import Results, Row
from kpool.bench.run import FORWARD, GRADIENTS
from kpool.bench.table import conditions

DOCS = Path(__file__).resolve().parent
RESULTS = DOCS.parent / "benchmarks" / "results"
SCALING = DOCS / "speed" / "cpu-scaling.svg"
INTRODUCTION = """# Speed

Time is told as a multiple of the limit: one read of the input by a compiled sum, timed in turns in the same run; over
windows one read and a write of what windows give, with gradients one read and one write of the input; where a pooling
multiplies its input with a matrix, as `attention` does, that product is counted in. Below stands the best mode of each
pooling, compiled by XLA in nearly every case, with the quartiles of the ratio, and what the others take: how many times
as long as kpool's best mode (1 is as fast, 10 ten times as slow). An answer that is not that of the formula is not
timed; where another library's is not, because it ignores masks, its time stands in brackets. `benchmarks/README.md` has
the commands.

Memory is what a compiled call holds beside its input and answer, forward and with gradients, as a share of the input,
as XLA itself reports: what it sets aside, for the ways that are not taken as well. Over segments that is most of it,
for elements in no order.

On Linux, XLA asks the system anew for the large tensors of every step, which hands them out page by page. Told to keep
them, by `MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184` in the environment (glibc), it trained
one and a half to three times as fast: tokens with gradients on the machine of the tables, `mean` 4.6 ms instead of 7.3,
`std` 7.5 instead of 12, `gem` 21 instead of 30, on another with two cores 9 instead of 26, 13 and 37, 40 and 60. The
tables are without.
"""


GROWTH = """## How cost grows

![time per unit as the input grows](speed/cpu-scaling.svg)

Time per step, example, query or cluster, under XLA, as a multiple of that at the smallest size: 1 throughout would be
proportional. Memory is what XLA reports beside the input and the answer, as a share of the input, at the largest size.
The inputs are of shape (16, steps, 256), (examples, 512, 256) and (16, 2048, 256).

| pooling | along | time per unit | memory |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page, of all results."""
    return "\n".join([INTRODUCTION, *map(_part, _results())]) + "\n" + GROWTH + "".join(map(_grown, _growths()))


def pictures() -> list[Path]:
    """What the page shows."""
    return [*(DOCS / "speed" / f"{name}.svg" for name, _ in _results()), SCALING]


def _results() -> Iterator[tuple[str, Results]]:
    for path in sorted(RESULTS.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, Mapping):
            yield path.stem, Results.from_json(found)


def _growths() -> list[dict[str, Any]]:
    return list(json.loads((RESULTS / f"{SCALING.stem}.json").read_text(encoding="utf-8")))


def _grown(growth: Mapping[str, Any]) -> str:
    at = ", ".join(f"{size:,}: {each:.2f}" for size, each in zip(growth["sizes"], growth["per_unit"], strict=True))
    held = "" if growth["memory"] is None else f"{growth['memory']:.1%}"
    return f"| `{growth['pooling']}` | {growth['along']} | {at} | {held} |\n"


def _draw_growth(path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for growth in _growths():
        times = [size / growth["sizes"][0] for size in growth["sizes"]]
        axes.plot(times, growth["per_unit"], "o-", label=f"{growth['pooling']}, {growth['along']}")
    axes.axhline(1, color="tab:gray", linewidth=0.8)
    axes.set_xscale("log", base=4)
    axes.xaxis.set_major_formatter("{x:g}×")
    axes.set(ylim=(0, 1.5), xlabel="size, as a multiple of the smallest", ylabel="time per unit, of the smallest's")
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(path)


def _part(named: tuple[str, Results]) -> str:
    name, results = named
    said = results.versions
    devices = ", ".join(said["devices"]) if said["devices"] != ["CPU"] else f"{results.machine['cores']} CPU cores"
    versions = ", ".join(f"{library} {version}" for library, version in said.items() if library != "devices")
    rows: dict[str, dict[str, Row]] = {}
    for row in results.rows:
        rows.setdefault(row.pooling, {})[row.work] = row
    return "\n".join(
        [
            f"## {devices}: {conditions(results)}\n",
            f"![the same as a picture](speed/{name}.svg)\n",
            "| pooling | forward | with gradients | memory | forward, others | with gradients, others |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_row(pooling, works) for pooling, works in rows.items()),
            f"\n{results.date}; {versions}.\n",
        ]
    )


def _row(pooling: str, works: Mapping[str, Row]) -> str:
    forward, gradients = works[FORWARD], works.get(GRADIENTS)
    cells = [
        f"`{pooling}`",
        _ratio(forward),
        _ratio(gradients) if gradients else "",
        ", ".join(f"{row.memory:.1%}" for row in works.values() if row.memory is not None),
        _others(forward),
        _others(gradients) if gradients else "",
    ]
    return f"| {' | '.join(cells)} |"


def _ratio(row: Row) -> str:
    low, high = row.best.quartiles
    return f"{row.best.ratio:.2f} ({low:.2f}–{high:.2f})"


def _others(row: Row) -> str:
    times = {name: f"{1 / peer.ratio:.1f}" for name, peer in row.peers.items()}
    return ", ".join(f"{n} {times[n]}" if row.peers[n].agrees else f"({n} {times[n]})" for n in times)


def main() -> None:
    from kpool.bench.plot import draw

    (DOCS / "speed").mkdir(exist_ok=True)
    for name, results in _results():
        draw(results, DOCS / "speed" / f"{name}.svg")
    _draw_growth(SCALING)
    (DOCS / "speed.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
