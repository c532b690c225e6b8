"""Which head wins: demo, train, compare."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from kpool.cli.checked import at_least, listed, one_of
from kpool.cli.cluster import ENGINES, Address
from kpool.cli.outcome import said
from kpool.cli.output import Json, print_json

Backbone = Annotated[
    str,
    typer.Option(
        help="none (x is pooled as it is: tokens, feature maps), mlp (two dense layers for each element by itself), "
        "conv (a small convolutional network for images), cyclic_conv (the same, on a torus), or the path of a .keras "
        "file (its weights stay as they are)."
    ),
]
Out = Annotated[Path, typer.Option(help="The folder to write to; what is finished there is not run again.")]
Seeds = Annotated[
    int, typer.Option(callback=at_least(1), help="How often each head is trained, from different initial weights.")
]
Epochs = Annotated[int, typer.Option(callback=at_least(1), help="How often the training examples are seen.")]
BatchSize = Annotated[int, typer.Option(callback=at_least(1), help="Examples per step.")]
LearningRate = Annotated[
    float, typer.Option(callback=at_least(1e-9), help="Adam's first step; it falls to 0 along a cosine.")
]
Size = Annotated[
    int,
    typer.Option(callback=at_least(8), help="Height and width, in pixels, to which a folder's images are brought."),
]
DATA = (
    "digits, digit_bags or needle, with arguments if need be, as in 'needle(signal=4)'; an .npz file with x, y and, "
    "where not all elements count, mask; or a folder with one folder of images per class."
)
AGAIN = "Given several times, heads are compared at each, and a curve is drawn for each head."
Train = Annotated[
    list[int] | None,
    typer.Option(
        callback=lambda sizes: sizes and [at_least(1)(size) for size in sizes],
        help=f"How many examples to learn from, drawn anew for each seed; all of them if not given. {AGAIN}",
    ),
]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        help="What to measure of the test examples beside accuracy: auc (two classes) or shift_consistency (images).",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        callback=one_of(ENGINES),
        help=listed("Where trials run: one after the other in this process, or several at a time on Ray", ENGINES),
    ),
]
SPEC = "A head, as in 'mean | dense(classes)'; `classes` is the number of classes."

Data = Annotated[str, typer.Option(help=DATA)]
AllData = Annotated[list[str] | None, typer.Option(help=f"{DATA} {AGAIN}", show_default="digits")]

OUT = Path("kpool-results")  # each command has its own folder in it: none replaces another's results


def demo(out: Out = OUT / "demo", seeds: Seeds = 3, epochs: Epochs = 8, as_json: Json = False) -> None:
    """Compare ten heads on handwritten digits, save the best and load it in a new process."""
    from kpool.lab.demo import specs

    _compare(specs(), Lesson(["digits"]), out, seeds, {"epochs": epochs}, as_json)


def train(
    spec: Annotated[str, typer.Argument(help=SPEC)],
    data: Data = "digits",
    backbone: Backbone = "conv",
    out: Out = OUT / "train",
    seeds: Seeds = 1,
    epochs: Epochs = 12,
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 5e-3,
    size: Size = 64,
    as_json: Json = False,
) -> None:
    """Train one head on your data, save it and load it in a new process."""
    settings = {"backbone": backbone, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    _compare([spec], Lesson([data], size), out, seeds, settings, as_json)


def compare(
    specs: Annotated[list[str], typer.Argument(help=SPEC)],
    data: AllData = None,
    backbone: Backbone = "conv",
    out: Out = OUT / "compare",
    seeds: Seeds = 3,
    epochs: Epochs = 12,
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 5e-3,
    train: Train = None,
    measures: Measures = None,
    size: Size = 64,
    engine: Engine = "local",
    address: Address = None,
    as_json: Json = False,
) -> None:
    """Compare heads on your data, from the same seeds; save the best and load it in a new process."""
    settings = {"backbone": backbone, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    settings["measures"] = tuple(measures or ())
    if address and engine != "ray":
        raise typer.BadParameter(f"--address {address} is of a Ray cluster: give --engine ray with it")
    lesson = Lesson(data or ["digits"], size, train or [None])
    _compare(specs, lesson, out, seeds, settings, as_json, Place(engine, address))


@dataclass(frozen=True)
class Lesson:
    """What is learnt from: data sets, and how many examples of each."""

    data: Sequence[str]
    size: int = 8
    train: Sequence[int | None] = (None,)


@dataclass(frozen=True)
class Place:
    """Where trials run."""

    engine: str = "local"
    address: str | None = None


def _compare(
    specs: Sequence[str],
    lesson: Lesson,
    out: Path,
    seeds: int,
    settings: dict[str, Any],
    as_json: bool,
    place: Place = Place(),
) -> None:
    from rich.console import Console

    from kpool.lab.data import load
    from kpool.lab.quiet import start_keras

    console = Console(stderr=as_json)
    datasets = [load(source, lesson.size) for source in lesson.data]
    start_keras()
    from kpool.lab import cluster, compare, engine, sweep
    from kpool.lab.trial import Settings

    points = sweep.points(datasets, Settings(**settings), lesson.train)
    running = cluster.cluster(place.address) if place.engine == "ray" else contextlib.nullcontext(engine.local)
    try:
        with running as runs:
            if len(points) == 1:
                found = compare.compare(specs, points[0].dataset, points[0].settings, seeds, out, console, runs)
            else:
                found = sweep.sweep(specs, points, seeds, out, console, runs)
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. Finished trials are kept in {out}; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print_json(found)
    else:
        typer.echo(said(found, out))
    if any(head["failures"] for point in found.get("points", [found]) for head in point["heads"]):
        raise typer.Exit(1)
