"""What is installed: list, info, plugins. None of them imports Keras."""

from __future__ import annotations

import ast
import importlib.util
import inspect as _inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from kpool import registry
from kpool.cli.output import Json, print_json, print_table
from kpool.hookspecs import Component
from kpool.registry import PluginRecord


def list_(as_json: Json = False) -> None:
    """List every strategy, region and stage that is installed."""
    found = registry.default()
    kinds = {"strategies": found.strategies(), "regions": found.regions(), "stages": found.stages()}
    if as_json:
        print_json([_facts(name, component) for kind in kinds.values() for name, component in kind.items()])
        return
    for title, components in kinds.items():
        print_table(f"\n{title}", ("name", "plugin", "summary"), _rows(components))


def info(name: Annotated[str, typer.Argument(help="A name, or plugin/name.")], as_json: Json = False) -> None:
    """Show what one strategy, region or stage does and takes."""
    from kpool.signatures import signature
    from kpool.spec.values import describe

    component = registry.default().find(name)
    parameters = [describe(parameter) for parameter in signature(component).values()]
    if as_json:
        print_json(_facts(name, component) | {"parameters": parameters, "docstring": _docstring(component)})
        return
    typer.echo(f"{component.qualified}: a {component.kind} of {component.distribution} {component.version}".rstrip())
    typer.echo(f"\n{_docstring(component) or component.summary}")
    typer.echo("\n".join(["\nParameters:", *(f"    {parameter}" for parameter in parameters or ["none"])]))


def plugins(
    as_json: Json = False,
    timings: Annotated[bool, typer.Option("--timings", help="How long each took to import; slowest first.")] = False,
) -> None:
    """List every plugin found, working or not."""
    records = registry.default().plugins()
    if timings:
        records.sort(key=lambda record: record.seconds, reverse=True)
    if as_json:
        print_json([_record(record) for record in records])
        return
    columns = {"plugin": [r.id for r in records], "distribution": [f"{r.distribution} {r.version}" for r in records]}
    columns |= {"ms": [f"{1000 * r.seconds:.1f}" for r in records]} if timings else {}
    columns |= {"state": [r.state for r in records], "gives": [_gives(r) for r in records]}
    print_table("", columns, zip(*columns.values(), strict=True))


def _rows(components: Mapping[str, Component]) -> Iterable[tuple[str, str, str]]:
    return ((name, component.plugin, component.summary) for name, component in components.items())


def _facts(name: str, component: Component) -> dict[str, Any]:
    fields = ("kind", "plugin", "distribution", "version", "summary", "target")
    return {"name": name, **{field: getattr(component, field) for field in fields}}


def _record(record: PluginRecord) -> dict[str, Any]:
    fields = ("id", "distribution", "version", "state", "error", "where", "seconds")
    components = [component.name for component in record.components]
    return {**{field: getattr(record, field) for field in fields}, "components": components}


def _gives(record: PluginRecord) -> str:
    names = ", ".join(component.name for component in record.components)
    place = f" ({record.where})" if record.where else ""
    return "; ".join(part for part in (names, record.error + place) if part)


def _docstring(component: Component) -> str:
    """The docstring, read from the text: importing a layer would import Keras."""
    if component.loaded is not None:
        return _inspect.getdoc(component.loaded) or ""
    module, _, name = component.target.partition(":")
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return ""
    for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""
