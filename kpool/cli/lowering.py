"""Without kpool: lower."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def lower(
    model: Annotated[Path, typer.Argument(help="A .keras file.")],
    path: Annotated[Path, typer.Argument(help="Where to, a .keras file.")],
) -> None:
    """Write a saved model as one of Keras's own operations, which loads where kpool is not installed."""
    from kpool.lab.quiet import start_keras

    start_keras()
    import kpool

    kpool.save_model(kpool.lower(kpool.load_model(model)), path)
    typer.echo(f"{path}: loads without kpool.")
