"""A card, laid out for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator

from kpool import registry
from kpool.cards import Card, mask_rule
from kpool.parameters import Parameter
from kpool.spec.values import describe


def lines(card: Card) -> Iterator[str]:
    """What it does, what it takes, and what holds of it."""
    component = card.component
    yield f"{component.qualified}: a {component.kind} of {component.distribution} {component.version}".rstrip()
    for paragraph in card.paragraphs or (component.summary,):
        yield ""
        yield f"    {paragraph}" if paragraph == card.formula else _wrapped(paragraph)
    own = [parameter for parameter in card.parameters if parameter.name not in card.common]
    common = [parameter for parameter in card.parameters if parameter.name in card.common]
    yield from ("", "Parameters:", *(_parameters(own, card) if own else ["    none"]))
    if common:
        yield from ("", "Parameters of every pooling:", *_parameters(common, card))
    facts = {**card.sections, **dict(_facts(card))}
    source = {"Source": facts.pop("Source")} if "Source" in facts else {}
    if facts or source:
        yield ""
    yield from (_wrapped(f"{title}: {text}", hanging=4) for title, text in {**facts, **source}.items())


def regions_in_words(card: Card) -> str:
    """The regions it can be taken over: any, or some by name; "" where it has none of its own."""
    every = set(card.regions) == set(registry.default().regions())
    return "any" if every else " or ".join(card.regions)


def traits_in_words(card: Card) -> str:
    """The traits it has, those that it has not, and those that its arguments decide."""
    has = [name for name, value in card.traits.items() if value]
    lacks = [f"not {name}" for name, value in card.traits.items() if not value]
    return ", ".join([*has, *lacks, *(f"{name} by its arguments" for name in card.depends)])


def _facts(card: Card) -> Iterator[tuple[str, str]]:
    if card.asks:
        yield "Asks", f"with each call, for regions=, {card.asks}"
    if card.regions:
        yield "Regions", regions_in_words(card)
        yield "Traits", traits_in_words(card)
        yield "Exports", ", ".join(card.exports) or "to nothing"
        yield "Cost", (card.cost or "not known") + (" (a fold)" if card.fold else "")
        yield "Mask", mask_rule()


def _parameters(parameters: Iterable[Parameter], card: Card) -> Iterator[str]:
    for parameter in parameters:
        yield f"    {describe(parameter)}"
        if parameter.name in card.meanings:
            yield _wrapped(card.meanings[parameter.name], indent=8)


def _wrapped(text: str, *, indent: int = 0, hanging: int = 0) -> str:
    width = shutil.get_terminal_size().columns
    space = " " * indent
    return textwrap.fill(text, width, initial_indent=space, subsequent_indent=space + " " * hanging)
