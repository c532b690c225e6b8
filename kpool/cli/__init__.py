"""The command line. What a command needs is imported when it runs, so that the light ones stay light."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import kpool
from kpool.cli import authoring, benching, catalogue, exporting, lowering, pooling, specs, training
from kpool.cli.mistakes import explained
from kpool.errors import KpoolError, KpoolPluginWarning


class _Group(TyperGroup):
    """Shows a user's mistake as it is, caret and all, and no traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KpoolError as error:
            typer.echo(explained(error, ctx.invoked_subcommand or ""), err=True)
            raise typer.Exit(2) from None


app = typer.Typer(cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (
    training.demo,
    training.train,
    training.compare,
    catalogue.list_,
    catalogue.info,
    catalogue.plugins,
    specs.parse,
    specs.inspect,
    authoring.new_plugin,
    authoring.doctor,
    authoring.check,
    benching.bench,
    exporting.export,
    lowering.lower,
    pooling.pool,
):
    app.command(name=command.__name__.rstrip("_").replace("_", "-"))(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kpool {kpool.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Every way to pool, one string away."""


def _format_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Without the line of code that warns: it says nothing to who runs a command."""
    place = "" if issubclass(category, KpoolPluginWarning) else f"{filename}:{lineno}: "
    return f"{place}warning: {message}\n"


def main() -> None:
    """The entry point `kpool`."""
    warnings.formatwarning = _format_warning
    app()
