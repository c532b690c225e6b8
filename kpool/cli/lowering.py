"""Without kpool: lower."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kpool.cli.output import Json, print_json


def lower(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    path: Annotated[Path, typer.Argument(help="Where to, a .keras file.")],
    tolerance: Annotated[
        float, typer.Option(help="How much answers may differ, as a share of the largest number.")
    ] = 1e-6,
    as_json: Json = False,
) -> None:
    """Write a saved model as one of Keras's own operations, which loads where kpool is not installed.

    What is written is loaded again and compared with the model before it is put in its place.
    """
    from kpool.lab.quiet import start_keras

    start_keras()
    from kpool.lowered import write

    difference = write(model, path, tolerance)
    if as_json:
        print_json({"path": str(path), "difference": difference})
    else:
        typer.echo(
            f"{path}: loads without kpool; its answers differ from the model's by {difference:.1g} of the largest "
            "number at most."
        )
