"""Results as a table: a row for each pooling, a column for each mode."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.table import Table

from kpool.bench.results import PeerTiming, Results, Row


def table(results: Results) -> Table:
    """Ratios to the limit, memory, and kpool's best mode beside other libraries."""
    modes = list(dict.fromkeys(mode for row in results.rows for mode in row.modes))
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=_caption(results), caption_justify="left")
    drawn.add_column("pooling", overflow="fold")
    drawn.add_column("work")
    for column in ("best, ms", *modes, "memory"):
        drawn.add_column(column, justify="right")
    if any(row.peers for row in results.rows):
        drawn.add_column("beside others", overflow="fold")
    for row in results.rows:
        drawn.add_row(row.pooling, row.work, f"{row.best.ms:.2f}", *(_ratio(row, mode) for mode in modes), *_rest(row))
    return drawn


def line(row: Row) -> str:
    """A row as it comes, in a line."""
    modes = ", ".join(f"{mode} {timing.ratio:.2f}" for mode, timing in row.modes.items())
    return f"{row.pooling}, {row.work}: {modes} of the limit"


def _ratio(row: Row, mode: str) -> str:
    return f"{row.modes[mode].ratio:.2f}" if mode in row.modes else ""


def _rest(row: Row) -> list[str]:
    return ["" if row.memory is None else f"{row.memory:.1%}", *([_peers(row.peers)] if row.peers else [])]


def _peers(peers: Mapping[str, PeerTiming]) -> str:
    return ", ".join(f"{name} {timing.ratio:.2f}{'' if timing.agrees else ' ≠'}" for name, timing in peers.items())


def conditions(results: Results) -> str:
    """What was pooled, in a line."""
    size = " × ".join(map(str, results.size))
    masked, region = ", masked" if results.masked else "", f", over {results.region}" if results.region else ""
    shape = size if results.shape[0].isdigit() else f"{results.shape} ({size})"
    return f"{shape}, {results.dtype}{masked}{region}"


def _caption(results: Results) -> str:
    said = [
        f"{conditions(results)}: time as a multiple of the limit, one read of the input "
        f"({results.rows[0].limit_ms:.2f} ms); with gradients, one read and one write; "
        "what the input is multiplied with is counted in.",
        "memory: what a compiled call holds beside input and answer, as XLA reports, as a share of the input.",
    ]
    if any(row.peers for row in results.rows):
        said += ["Beside others: kpool's time to theirs; below 1, kpool is faster. ≠: they give another answer."]
    return "\n".join(said)
