"""Card: what is known of a component without importing it.

What only importing it, or its arguments, can tell is left out.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kpool import class_text, registry
from kpool.class_text import UNKNOWN, ClassText
from kpool.cost import cost
from kpool.hookspecs import Component
from kpool.parameters import Parameter
from kpool.signatures import POOLING, of_target, signature
from kpool.spec.values import describe

_TITLE = re.compile(r"(Args|Call arguments|Shape|Empty|Raises|Source): *(.*)")
_FORMULA = re.compile(r"(?:\w+: +)?(?:(?![A-Za-z]{4})[^=])+ = ")  # what stands before the = is no word
_ARGUMENT = re.compile(r"^(\w+): ", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """What one strategy, region or stage does and takes.

    Attributes:
        paragraphs: What its docstring says before the sections, the formula among them.
        formula: The first of them that is one, or "".
        sections: Shape, Empty, Raises and Source, as far as it has them.
        parameters: What it may be given; `meanings` is what the docstrings say of each, by name.
        common: The names of those that every pooling has, with the same default.
        regions: The names of the regions it can be taken over.
        traits: What it declares or inherits, by name.
        depends: The traits that are decided by its arguments.
        exports: The formats it exports to.
        fold: Whether it is written as lift and lower, so that it needs nothing but reductions.
        asks: What a region must be given with each call, as `regions=`.
    """

    component: Component
    docstring: str
    paragraphs: tuple[str, ...]
    formula: str
    sections: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    meanings: Mapping[str, str]
    common: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    traits: Mapping[str, bool] = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    fold: bool = False
    asks: str = ""

    @functools.cached_property
    def cost(self) -> str:
        """What a strategy does with a bag, or how often it reads it; "" where the text does not tell."""
        readable = self.regions and self.component.loaded is None
        return cost(self.component.target, POOLING, fold=self.fold) if readable else ""

    def has(self, trait: str) -> bool:
        """Whether it has one of `traits()`."""
        return self.traits.get(trait, False) or trait in self.exports or (trait == "fold" and self.fold)

    def to_json(self) -> dict[str, Any]:
        return {
            "docstring": self.docstring,
            "formula": self.formula,
            "parameters": [describe(parameter) for parameter in self.parameters],
            "meanings": dict(self.meanings),
            **{title.lower(): self.sections.get(title, "") for title in ("Shape", "Empty", "Raises", "Source")},
            "regions": list(self.regions),
            "traits": dict(self.traits),
            "depends": list(self.depends),
            "exports": list(self.exports),
            "fold": self.fold,
            "cost": self.cost,
            "asks": self.asks,
        }


def card(component: Component) -> Card:
    """The card of a component.

    Raises:
        PluginError: its signature cannot be read.
    """
    text = _text(component)
    own = signature(component)
    said = _sections(text.docstring)
    paragraphs = tuple(" ".join(part.split()) for part in said.pop("").split("\n\n") if part.strip())
    meanings = _meanings(said.pop("Args", ""))
    pools = component.kind == "strategy" and "over" in own  # a combinator's branches have all this, not itself
    if pools:
        meanings = _meanings(_sections(_pooling().docstring)["Args"]) | meanings
    return Card(
        component=component,
        docstring=text.docstring,
        paragraphs=paragraphs,
        formula=next((part for part in paragraphs[1:] if _FORMULA.match(part)), ""),
        sections={title: " ".join(text.split()) for title, text in said.items()},
        parameters=tuple(own.values()),
        meanings={name: meanings[name] for name in own if name in meanings},
        asks=str(text.values.get("asks", "")) if component.kind == "region" else "",
        **(_of_strategy(component, text) if pools else {}),
    )


def traits() -> tuple[str, ...]:
    """All that a strategy can be asked for: what every pooling declares, "fold", and the formats to export to."""
    return (*_declared(), "fold", *_pooling().values["exports"])


@functools.cache
def mask_rule() -> str:
    """What every pooling makes of its mask."""
    return _meanings(_sections(_pooling().docstring)["Call arguments"])["mask"]


def _text(component: Component) -> ClassText:
    if component.loaded is not None:
        return class_text.of_object(component.loaded, POOLING)
    return class_text.of_target(component.target, POOLING)


def _pooling() -> ClassText:
    return class_text.of_target(POOLING, POOLING)


def _declared() -> tuple[str, ...]:
    return tuple(name for name, value in _pooling().values.items() if isinstance(value, bool))


def _of_strategy(component: Component, text: ClassText) -> dict[str, Any]:
    values = {name: text.values[name] for name in (*_declared(), "exports", "only_over") if name in text.values}
    known = {name: value for name, value in values.items() if value is not UNKNOWN}
    every, own = of_target(POOLING), signature(component)
    regions = tuple(registry.default().regions()) if known.get("only_over") == () else known.get("only_over", ())
    return {
        "common": frozenset(name for name in every if own.get(name) == every[name]),
        "regions": regions,
        "traits": {name: known[name] for name in _declared() if name in known},
        "depends": tuple(name for name in values if name not in known),
        "exports": known.get("exports", ()),
        "fold": "lift" in text.methods and "pool" not in text.methods,
    }


def _sections(docstring: str) -> dict[str, str]:
    """Its sections by title; "" has what stands before them, and paragraphs behind them."""
    parts: defaultdict[str, list[str]] = defaultdict(list, {"": []})
    title = ""
    for line in docstring.splitlines():
        if found := _TITLE.match(line):
            title, line = found.groups()
        elif line and not line[0].isspace():
            title = ""
        parts[title].append(line)
    return {title: "\n".join(lines).strip("\n") for title, lines in parts.items()}


def _meanings(arguments: str) -> dict[str, str]:
    """What a section says of each argument, in a line."""
    lines = re.sub(r"^    ", "", arguments, flags=re.MULTILINE)
    _, *found = _ARGUMENT.split(lines)
    return {name: " ".join(text.split()) for name, text in zip(found[::2], found[1::2], strict=True)}
