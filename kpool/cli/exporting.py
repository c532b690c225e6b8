"""Out of Keras: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpool.cli.checked import listed, one_of
from kpool.cli.output import Json, print_json

if TYPE_CHECKING:
    from kpool.exporting import Export

FORMATS = ("tf_saved_model", "litert", "onnx")


def export(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    path: Annotated[Path, typer.Argument(help="Where to: a .tflite or .onnx file, or a folder for a SavedModel.")],
    format: Annotated[
        str | None,
        typer.Option(help=listed("By the path's extension if not given", FORMATS), callback=one_of(FORMATS)),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="How much answers may differ, as a share of the largest number.")
    ] = 1e-6,
    as_json: Json = False,
) -> None:
    """Export a saved model, and compare what it answers before anything is put in its place."""
    from kpool.lab.quiet import start_keras

    start_keras()
    import kpool

    done = kpool.export(kpool.load_model(model), path, format, tolerance=tolerance)
    if as_json:
        print_json(_facts(done))
    else:
        sizes = " and ".join(", ".join(map(str, shapes)) for shapes in done.shapes)
        typer.echo(
            f"{done.path}: {done.format}; for inputs of shape {sizes} its answers differ from the model's by "
            f"{done.difference:.1g} of the largest number at most."
        )


def _facts(done: Export) -> dict[str, Any]:
    return {"path": str(done.path), "format": done.format, "shapes": done.shapes, "difference": done.difference}
