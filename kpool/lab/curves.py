"""A sweep as a table and as a picture: a curve for each head, with 95 % confidence intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from kpool.errors import KpoolError
from kpool.lab.files import replacing
from kpool.lab.results import INTERVAL, MEAN

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ImportError as error:
    raise KpoolError('pictures are drawn with Matplotlib: python -m pip install "kpool[lab]"') from error

Found = dict[str, Any]


def table(points: Sequence[Found]) -> Table:
    """A row for each head, a column for each point."""
    figure = figures(points)[-1]
    caption = f"{_words(figure)}, %: mean and 95 % confidence interval over seeds"
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, caption=caption)
    drawn.add_column("head", overflow="fold")
    for point in points:
        drawn.add_column(Text(point["label"]), justify="right")
    for row, head in enumerate(points[0]["heads"]):
        drawn.add_row(Text(head["given"]), *(_cell(point["heads"][row].get(figure)) for point in points))
    return drawn


def figures(points: Sequence[Found]) -> list[str]:
    """What is drawn: test accuracy, and the measures that were asked for."""
    return ["test_accuracy", *points[0]["settings"]["measures"]]


def plot(points: Sequence[Found], path: Path) -> None:
    """A panel for each figure, a curve for each head; its bars are 95 % confidence intervals of the mean."""
    shown = figures(points)
    figure = Figure(figsize=(1.5 + 4.5 * len(shown), 4), layout="constrained")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, name in zip(panels, shown, strict=True):
        _draw(axes, points, name)
    panels[-1].legend(fontsize="small")
    with replacing(path) as aside:
        figure.savefig(aside, dpi=120)


def _draw(axes: Axes, points: Sequence[Found], name: str) -> None:
    labels = [point["label"] for point in points]
    numbers, what = numeric(labels)
    places = numbers or list(range(len(points)))
    for row, head in enumerate(points[0]["heads"]):
        found = [point["heads"][row].get(name) or {} for point in points]
        means = [100 * f.get(MEAN, math.nan) for f in found]
        errors = [100 * (f.get(INTERVAL) or math.nan) for f in found]
        axes.errorbar(places, means, errors, capsize=3, marker="o", markersize=4, label=_pooling(head["given"]))
    if numbers:
        axes.set_xscale("log" if min(numbers) > 0 else "linear")
    axes.set_xticks(places, labels=[f"{n:g}" for n in numbers] if numbers else labels, minor=False)
    axes.minorticks_off()
    axes.set_xlabel(what)
    axes.set_ylabel(f"{_words(name)}, %")
    axes.spines[["top", "right"]].set_visible(False)


def numeric(labels: Sequence[str]) -> tuple[list[float], str]:
    """The number in which the labels differ, if that is all, and what it is of: `needle(signal=…)`; else nothing."""
    pieces = [re.split(r"(\d+(?:\.\d+)?)", label) for label in labels]
    if len({len(p) for p in pieces}) > 1:
        return [], ""
    differing = [i for i, column in enumerate(zip(*pieces, strict=True)) if len(set(column)) > 1]
    if len(differing) != 1 or differing[0] % 2 == 0:
        return [], ""
    i = differing[0]
    return [float(p[i]) for p in pieces], "".join([*pieces[0][:i], "…", *pieces[0][i + 1 :]]).removeprefix("… ")


def _cell(found: Found | None) -> Text:
    if found is None:
        return Text("failed", style="red")
    mean = f"{100 * found[MEAN]:.1f}"
    return Text(mean if found[INTERVAL] is None else f"{mean} ± {100 * found[INTERVAL]:.1f}")


def _pooling(given: str) -> str:
    """The spec without its last stage, which the caption of a comparison says."""
    return given.rpartition("|")[0].strip() or given


def _words(figure: str) -> str:
    return "AUC" if figure == "auc" else figure.replace("_", " ")
