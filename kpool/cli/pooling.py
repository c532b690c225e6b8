"""Sets too large for memory: pool."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from kpool.cli.checked import at_least, listed, one_of
from kpool.cli.cluster import ENGINES, Address
from kpool.cli.output import Json, print_json
from kpool.errors import KpoolError


def pool(
    spec: Annotated[
        str,
        typer.Argument(help="A pooling, as in mean or 'concat(mean, max)'; or a .keras file, whose only head pools."),
    ],
    folder: Annotated[Path, typer.Argument(help="With shards: .npz files of x (elements, features), ids (elements,).")],
    out: Annotated[Path, typer.Argument(help="The .npz file to write: ids, pooled. What is done is kept beside it.")],
    workers: Annotated[int, typer.Option(callback=at_least(1), help="How many processes of this machine pool.")] = 1,
    engine: Annotated[
        str,
        typer.Option(
            callback=one_of(ENGINES), help=listed("Where shards are pooled: on this machine, or on Ray", ENGINES)
        ),
    ] = "local",
    address: Address = None,
    as_json: Json = False,
) -> None:
    """Pool each bag of a folder of shards, whichever shards it is in; what was interrupted goes on."""
    from rich.console import Console
    from rich.progress import Progress

    from kpool.lab.quiet import start_keras

    start_keras()
    import kpool

    layer = _only_head(Path(spec)) if spec.endswith(".keras") else spec
    with Progress(console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task("shards")
        try:
            done = kpool.pool_shards(
                layer,
                folder,
                out,
                workers=workers,
                engine=engine,
                address=address,
                progress=lambda n, of: shown.update(bar, completed=n, total=of),
            )
        except KeyboardInterrupt:
            typer.echo("Interrupted. Finished shards are kept; the same command goes on from there.", err=True)
            raise typer.Exit(130) from None
    if as_json:
        print_json({key: str(value) if isinstance(value, Path) else value for key, value in asdict(done).items()})
        return
    typer.echo(
        f"{done.path}: {done.bags} bags of {done.shards} shards, {done.shards - done.reduced} of them done before. "
        f"Their states stay in {done.states}, for more shards to come; else remove it."
    )


def _only_head(path: Path) -> Any:
    import kpool

    heads = [layer for layer in kpool.load_model(path).layers if hasattr(layer, "stream")]
    if len(heads) != 1:
        named = ", ".join(layer.name for layer in heads) or "none"
        raise KpoolError(
            f"{path} must have one layer that pools, and has {named}; in Python, kpool.pool_shards takes any"
        )
    return heads[0]
