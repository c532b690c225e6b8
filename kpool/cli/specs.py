"""Specs and saved models, read without Keras: parse, inspect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kpool.cli.output import Json, print_json
from kpool.errors import KpoolError

Names = Annotated[list[str] | None, typer.Option("--name", metavar="NAME=VALUE", help="What a name in it means.")]


def parse(
    spec: Annotated[str | None, typer.Argument(help="As in 'mean | dense(classes)'.")] = None,
    name: Names = None,
    canonical: Annotated[bool, typer.Option("--canonical", help="Every value written out, as it is saved.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The spec's JSON twin.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="A JSON Schema of all specs; takes no spec.")] = False,
) -> None:
    """Check a spec and print it in its shortest form, or another."""
    import kpool

    if schema:
        _print_schema()
        return
    if spec is None:
        raise KpoolError("give a spec to parse, or --schema")
    parsed = kpool.parse(spec, **dict(map(_assignment, name or [])))
    if as_json:
        print_json(parsed.to_json())
    else:
        typer.echo(str(parsed) if canonical else parsed.display())


def inspect(file: Annotated[Path, typer.Argument(help="A .keras file.")], as_json: Json = False) -> None:
    """Show which specs and plugins a saved model needs."""
    import kpool

    report = kpool.inspect(file).to_json()
    if as_json:
        print_json(report)
        return
    for key, value in report.items():
        typer.echo(f"{key.replace('_', ' ')}: {_listed(value)}")


def _print_schema() -> None:
    from kpool import registry
    from kpool.spec import schema

    print_json(schema(registry.default()))


def _assignment(text: str) -> tuple[str, Any]:
    """`classes=10` is a number; what is no JSON is text."""
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise KpoolError(f"--name takes NAME=VALUE, as in classes=10, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _listed(value: Any) -> str:
    if not isinstance(value, (list, tuple)):
        return str(value)
    return "".join(f"\n    {item}" for item in value) or "none"
