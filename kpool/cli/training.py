"""Which head wins: demo, train, compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kpool.cli.output import Json, print_json


def _at_least(least: float) -> Callable[[float], float]:
    """Typer's own `min` does not say what was given (0.29)."""

    def checked(value: float) -> float:
        if not value >= least:
            raise typer.BadParameter(f"{value} is less than {least}")
        return value

    return checked


Data = Annotated[
    str,
    typer.Option(
        help="digits; an .npz file with x, y and, where not all elements count, mask; or a folder with one folder of "
        "images per class."
    ),
]
Backbone = Annotated[
    str,
    typer.Option(
        help="none (x is pooled as it is: tokens, feature maps), conv (a small convolutional network for images), or "
        "the path of a .keras file (its weights stay as they are)."
    ),
]
Out = Annotated[Path, typer.Option(help="The folder to write to; what is finished there is not run again.")]
Seeds = Annotated[
    int, typer.Option(callback=_at_least(1), help="How often each head is trained, from different initial weights.")
]
Epochs = Annotated[int, typer.Option(callback=_at_least(1), help="How often the training examples are seen.")]
BatchSize = Annotated[int, typer.Option(callback=_at_least(1), help="Examples per step.")]
LearningRate = Annotated[
    float, typer.Option(callback=_at_least(1e-9), help="Adam's first step; it falls to 0 along a cosine.")
]
Size = Annotated[
    int,
    typer.Option(callback=_at_least(8), help="Height and width, in pixels, to which a folder's images are brought."),
]
SPEC = "A head, as in 'mean | dense(classes)'; `classes` is the number of classes."

OUT = Path("kpool-results")  # each command has its own folder in it: none replaces another's results


def demo(out: Out = OUT / "demo", seeds: Seeds = 3, epochs: Epochs = 8, as_json: Json = False) -> None:
    """Compare ten heads on handwritten digits, save the best and load it in a new process."""
    from kpool.lab.demo import specs

    _compare(specs(), "digits", 8, out, seeds, {"epochs": epochs}, as_json)


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
    _compare([spec], data, size, out, seeds, settings, as_json)


def compare(
    specs: Annotated[list[str], typer.Argument(help=SPEC)],
    data: Data = "digits",
    backbone: Backbone = "conv",
    out: Out = OUT / "compare",
    seeds: Seeds = 3,
    epochs: Epochs = 12,
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 5e-3,
    size: Size = 64,
    as_json: Json = False,
) -> None:
    """Compare heads on your data, from the same seeds; save the best and load it in a new process."""
    settings = {"backbone": backbone, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    _compare(specs, data, size, out, seeds, settings, as_json)


def _compare(
    specs: Sequence[str], data: str, size: int, out: Path, seeds: int, settings: dict[str, Any], as_json: bool
) -> None:
    from rich.console import Console

    from kpool.lab.data import load
    from kpool.lab.quiet import start_keras

    console = Console(stderr=as_json)
    dataset = load(data, size)
    start_keras()
    from kpool.lab import compare as lab
    from kpool.lab.trial import Settings

    try:
        found = lab.compare(specs, dataset, Settings(**settings), seeds, out, console)
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. Finished trials are kept in {out}; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print_json(found)
    else:
        typer.echo(_summary(found, out))
    if any(head["failures"] for head in found["heads"]):
        raise typer.Exit(1)


def _summary(found: dict[str, Any], out: Path) -> str:
    winner = found["winner"]
    files = ["results.json"]
    files += ["comparison.png"] if found["trials"] else []
    files += [winner["reload"]["model"]] if winner else []
    listed = " and ".join(part for part in (", ".join(files[:-1]), files[-1]) if part)
    written = f"Written to {out}: {listed}."
    if not found["trials"]:
        return f"Every head failed. {written}"
    if winner is None:
        return f"No head finished all its trials. {written}"
    return (
        f"Winner: {winner['given']} (seed {winner['seed']}, test accuracy {winner['test_accuracy']:.2%}); loaded in a "
        f"new process, its outputs differ by {winner['reload']['max_difference']:.1g} at most.\n{written}"
    )
