"""A comparison as a table and as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from kpool.errors import KpoolError
from kpool.lab.complaints import sentence, spans
from kpool.lab.files import replacing
from kpool.lab.results import HeadResult, Results, merit

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise KpoolError('pictures are drawn with Matplotlib: python -m pip install "kpool[lab]"') from error

COLUMNS = ("test\naccuracy, %", "validation\naccuracy, %", "head\nparameters", "train,\ns", "ms per\nexample")


def table(results: Results) -> Table:
    """Heads, best on the validation examples first."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, caption=_caption(results))
    drawn.add_column("\nhead", overflow="fold")
    for column in (*COLUMNS, *(f"{name.replace('_', chr(10), 1)}, %" for name in results.settings.measures)):
        drawn.add_column(column, justify="right", no_wrap=True)
    heads = ranked(results.heads)
    for name, head in zip(labels(heads), heads, strict=True):
        drawn.add_row(
            *map(Text, (name, *_figures(head, results.settings.measures))),
            style="bold" if head is results.winner else "",
        )
    return drawn


def failures(results: Results) -> Iterator[str]:
    """A line for each head and each way in which it failed."""
    for head in results.heads:
        seeds: dict[str, list[int]] = {}
        for failure in head.failures:
            seeds.setdefault(sentence(failure.error), []).append(failure.seed)
        for why, failed in seeds.items():
            yield f"failed: {head.given}, {spans(failed)}: {why}"


def ranked(heads: Sequence[HeadResult]) -> list[HeadResult]:
    """Those with at least one finished trial, best first."""
    done = [head for head in heads if head.trials]
    return sorted(done, key=merit, reverse=True)


def plot(results: Results, path: Path) -> None:
    """A bar per head: mean test accuracy, with the standard deviation over seeds as its error bar."""
    heads = ranked(results.heads)[::-1]
    figure = Figure(figsize=(8, 1.2 + 0.4 * len(heads)), layout="constrained")
    axes = figure.add_subplot()
    means = [100 * head.mean("test_accuracy") for head in heads]
    errors = [100 * head.deviation("test_accuracy") for head in heads]
    colours = ["tab:blue" if head is results.winner else "lightsteelblue" for head in heads]
    bars = [error or math.nan for error in errors]  # a bar of no length would be a tick
    axes.barh(labels(heads), means, xerr=bars, color=colours, ecolor="black", capsize=3)
    axes.set_xlim(_floor(means, errors), 100)
    axes.set_xlabel(
        f"test accuracy on {results.dataset.name}, % ({_over_seeds(results)})\nbest validation accuracy on top"
    )
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(path) as aside:
        figure.savefig(aside, dpi=120)


def labels(heads: Sequence[HeadResult]) -> list[str]:
    """The specs as typed, without the ending that all share."""
    return [_parts(head)[0] for head in heads] if _ending(heads) else [head.given for head in heads]


def _ending(heads: Sequence[HeadResult]) -> str:
    """The last stage, `dense(classes)`, where it is the same for all of several heads; else nothing."""
    poolings, endings = zip(*map(_parts, heads), strict=True) if heads else ((), ())
    return endings[0] if len(heads) > 1 and len(set(endings)) == 1 and all(poolings) else ""


def _parts(head: HeadResult) -> tuple[str, str]:
    pooling, _, ending = head.given.rpartition("|")
    return pooling.strip(), ending.strip()


def _figures(head: HeadResult, measures: Sequence[str]) -> list[str]:
    return [
        _percent(head, "test_accuracy"),
        _percent(head, "validation_accuracy"),
        f"{head.best.head_parameters:,}",
        f"{head.median('train_seconds'):.1f}",
        f"{head.median('ms_per_example'):.3f}",
        *(_percent(head, name) for name in measures),
    ]


def _percent(head: HeadResult, figure: str) -> str:
    mean = f"{100 * head.mean(figure):.2f}"
    return mean if len(head.trials) == 1 else f"{mean} ± {100 * head.deviation(figure):.2f}"


def _caption(results: Results) -> str:
    split, seeds = results.dataset.split, _over_seeds(results)
    learnt = results.settings.train or len(split.train)
    ending = _ending(results.heads)
    return (
        (f"Every head ends with | {ending}. " if ending else "") + "Best validation accuracy first. "
        f"{results.dataset.name}: learnt from {learnt} examples, chosen by {len(split.validation)}, "
        f"reported on {len(split.test)}; {seeds}; times are medians"
    )


def _over_seeds(results: Results) -> str:
    seeds = max((len(head.trials) + len(head.failures) for head in results.heads), default=0)
    return "one seed" if seeds == 1 else f"mean ± standard deviation over {seeds} seeds"


def _floor(means: Sequence[float], errors: Sequence[float]) -> float:
    """Where the axis begins: differences of a percent must be seen."""
    lowest = min((mean - error for mean, error in zip(means, errors, strict=True)), default=0)
    return max(0, lowest - 0.25 * (100 - lowest) - 1)
