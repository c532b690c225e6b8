"""What is installed: list, info, plugins. None of them imports Keras."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

import typer

from kpool import registry
from kpool.cli.output import Json, print_json, print_table
from kpool.errors import PluginError, UnknownNameError
from kpool.hookspecs import Component
from kpool.registry import PluginRecord


def list_(
    family: Annotated[
        str, typer.Option(help="Only what this plugin gives, as in basic; `kpool plugins` shows all.")
    ] = "",
    trait: Annotated[
        list[str] | None,
        typer.Option(help="Only strategies with this trait, as in mergeable, or that export to it; may be repeated."),
    ] = None,
    region: Annotated[str, typer.Option(help="Only strategies that can be taken over this region, as in window.")] = "",
    as_json: Json = False,
) -> None:
    """List every strategy, region and stage that is installed, or some."""
    found = registry.default()
    kinds = {"strategies": found.strategies(), "regions": found.regions(), "stages": found.stages()}
    chosen = _chosen(kinds, family, trait or [], region)
    if as_json:
        print_json([_facts(name, component) for kind in chosen.values() for name, component in kind.items()])
        return
    for title, components in chosen.items():
        if components or not (family or trait or region):
            print_table(f"\n{title}", ("name", "plugin", "summary"), _rows(components))
    if not any(chosen.values()):
        typer.echo("Nothing that is installed is all of that.")


def info(name: Annotated[str, typer.Argument(help="A name, or plugin/name.")], as_json: Json = False) -> None:
    """Show the card of one strategy, region or stage: what it does and takes."""
    from kpool.cards import card
    from kpool.cli.card import lines

    found = card(registry.default().find(name))
    if as_json:
        print_json(_facts(name, found.component) | found.to_json())
    else:
        typer.echo("\n".join(lines(found)))


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


def _chosen(
    kinds: Mapping[str, Mapping[str, Component]], family: str, traits: Collection[str], region: str
) -> Mapping[str, Mapping[str, Component]]:
    """Of each kind what is asked for; regions and stages have no traits.

    Raises:
        UnknownNameError: there is no such family, trait or region.
    """
    from kpool import cards

    every = [component for kind in kinds.values() for component in kind.values()]
    _check("family", [family] * bool(family), {component.plugin for component in every})
    _check("trait", traits, cards.traits())
    _check("region", [region] * bool(region), kinds["regions"])

    def fits(component: Component) -> bool:
        if family not in ("", component.plugin):
            return False
        if not (traits or region):
            return True
        try:
            found = cards.card(component)
        except PluginError as error:  # it hurts nobody else
            typer.echo(f"{component.qualified} is left out: {error}", err=True)
            return False
        return all(map(found.has, traits)) and (not region or region in found.regions)

    return {kind: {n: c for n, c in components.items() if fits(c)} for kind, components in kinds.items()}


def _check(what: str, words: Iterable[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
            raise UnknownNameError(f"there is no {what} {word!r}{hint}")


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
