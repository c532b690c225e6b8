"""How fast: bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kpool.bench.shapes import SHAPES, sizes
from kpool.cli.checked import at_least, listed, one_of
from kpool.cli.output import Json, print_json

DTYPES = ("float32", "float16", "bfloat16")
MODES = ("eager", "graph", "xla", "predict")


def _has_sizes(shape: str) -> str:
    try:
        sizes(shape)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return shape


def bench(
    specs: Annotated[
        list[str] | None, typer.Argument(help="Poolings, as in mean or 'gem(p=2)'; about twenty if none are given.")
    ] = None,
    shape: Annotated[
        str, typer.Option(help=listed("The input, or sizes as in 8x2048x1024", SHAPES), callback=_has_sizes)
    ] = "tokens",
    region: Annotated[str, typer.Option(help="What to pool over, as in 'window(2)'; the whole if not given.")] = "",
    mode: Annotated[
        list[str] | None,
        typer.Option(help=listed("How to run, all if not given; may be repeated", MODES), callback=one_of(MODES)),
    ] = None,
    dtype: Annotated[str, typer.Option(help=listed("Of the input", DTYPES), callback=one_of(DTYPES))] = "float32",
    masks: Annotated[bool, typer.Option(help="With a mask: of each example the first half to all counts.")] = True,
    peers: Annotated[bool, typer.Option("--peers", help="Time other libraries too, those that are installed.")] = False,
    rounds: Annotated[int, typer.Option(callback=at_least(1), help="How often each is timed, in turns.")] = 15,
    plot: Annotated[Path | None, typer.Option(help="Draw the table to this file, .svg or .png.")] = None,
    as_json: Json = False,
) -> None:
    """Time poolings against one read of their input, forward and with gradients; what is wrong is not timed."""
    from rich.console import Console

    from kpool.bench.peers.early import import_first
    from kpool.lab.quiet import start_keras

    if peers:
        import_first()
    start_keras()
    from kpool.bench.inputs import Input
    from kpool.bench.measure import MODES as HAVE
    from kpool.bench.measure import Bench
    from kpool.bench.results import Row
    from kpool.bench.suite import run, works
    from kpool.bench.table import line, table

    if plot:
        from kpool.bench.plot import check_path, draw

        check_path(plot)  # not after minutes of timing
    timed = Bench([m for m in HAVE if m in (mode or HAVE)], peers, rounds)
    said = works(Input(shape, dtype, masks), specs or [], region)
    found = run(timed, said, lambda row: typer.echo(line(row) if isinstance(row, Row) else row, err=True))
    if plot and found.rows:
        draw(found, plot)
    if as_json:
        print_json(found.to_json())
    elif found.rows:
        Console().print(table(found))
    if found.wrong:
        typer.echo("\n".join(found.wrong), err=True)
        raise typer.Exit(1)
