"""Results as a picture: how far each pooling is from the limit, in each mode and beside other libraries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kpool.bench.results import Results, Row
from kpool.bench.run import FORWARD, GRADIENTS
from kpool.bench.table import conditions
from kpool.errors import KpoolError
from kpool.files import replacing

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter
except ImportError as error:
    raise KpoolError('pictures are drawn with Matplotlib: python -m pip install "kpool[lab]"') from error

COLOURS = {"eager": "C1", "graph": "C2", "xla": "C0", "predict": "C4"}
PEERS = "tab:gray"
TITLES = {FORWARD: "forward", GRADIENTS: "with gradients"}


def check_path(path: Path) -> None:
    """Refuse, with KpoolError, what no picture can be written to."""
    known = Figure().canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in known:
        raise KpoolError(f"a picture ends in one of {', '.join(f'.{name}' for name in known)}, not as {path.name!r}")


def draw(results: Results, path: Path) -> None:
    """A panel each for forward and gradients, a line for each pooling; the file's extension is the format."""
    panels = {work: [row for row in results.rows if row.work == work] for work in TITLES}
    panels = {work: rows for work, rows in panels.items() if rows}
    height = 1.6 + 0.28 * max(map(len, panels.values()))
    figure = Figure(figsize=(1.5 + 4.5 * len(panels), height), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, (work, rows) in zip(axes, panels.items(), strict=True):
        _panel(panel, rows)
        panel.set_title(TITLES[work])
    axes[0].set_yticks(range(len(rows)), [row.pooling for row in rows])
    axes[0].invert_yaxis()
    handles = {
        label: handle for panel in axes for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), frameon=False)
    figure.suptitle(conditions(results), fontsize="small")
    with replacing(path) as aside:
        figure.savefig(aside, dpi=120)


def _panel(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        for peer in row.peers.values():
            face = PEERS if peer.agrees else "none"
            axes.plot(
                peer.ms / row.limit_ms, place, "|", color=PEERS, markersize=8, mfc=face, label=_once(axes, "others")
            )
        for mode, timing in row.modes.items():
            colour = COLOURS[mode]
            axes.plot(timing.quartiles, [place] * 2, color=colour, linewidth=2, alpha=0.5)
            axes.plot(timing.ratio, place, "o", color=colour, markersize=5, label=_once(axes, mode))
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    least, most = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if most < 1000 * least else (1,)))
    axes.xaxis.set_major_formatter("{x:g}×")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time, as a multiple of the limit")


def _once(axes: Axes, label: str) -> str:
    """The label, unless the legend has it."""
    return "_" if label in axes.get_legend_handles_labels()[1] else label
