"""Writes docs/catalogue: a page for each family, with a card for each strategy, region and stage, and an index.

python docs/catalogue.py          the pages
python docs/catalogue.py --kit    and before that what the kit says of each strategy that changed: minutes
"""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import verdicts

import kpool
from kpool.cards import Card, card, mask_rule
from kpool.class_text import tree
from kpool.cli.card import regions_in_words, traits_in_words
from kpool.parameters import Parameter
from kpool.spec.wording import default_text, takes

PAGES = Path(__file__).resolve().with_suffix("")
PEERS = PAGES / "peers.toml"
KINDS = ("strategy", "region", "stage")
WRITTEN = "<!-- written by docs/catalogue.py -->"

INDEX = """\
# The catalogue

What every strategy, region and stage does and takes; `kpool info NAME` shows one of them, `kpool list` finds them by
`--family`, `--trait` and `--region`.

- **Formula**: x are the elements of a bag that count, n is their number.
- **Cost**: how often a bag is read, each time with what the last one gave; or what else is done with it. One that
  lines bags up copies the elements of windows that overlap.
- **Merges**: the answer of a long bag follows from those of its parts (`mergeable`).
- **Kit**: how many cases of its checks a strategy passes, as [docs/checks.md](../checks.md) lists them. None may fail;
  the number is shown where neither the code nor the checks have changed since it was counted.
- **Elsewhere**: under which name other libraries have it. What is not listed is not known to be anywhere.
"""


def pages() -> dict[str, str]:
    """Every page's text by its name."""
    families = by_family()
    written = {f"{family}.md": family_page(family, cards) for family, cards in families.items()}
    return {"README.md": index(families), **written}


def by_family() -> dict[str, list[Card]]:
    """The cards of what is built in, by family; a family may give regions beside its strategies."""
    kinds = (kpool.strategies(), kpool.regions(), kpool.stages())
    cards = [card(component) for kind in kinds for component in kind.values() if component.builtin]
    families: defaultdict[str, list[Card]] = defaultdict(list)
    for each in sorted(cards, key=lambda c: (KINDS.index(c.component.kind), c.component.plugin, c.component.name)):
        families[each.component.plugin].append(each)
    return families


def index(families: Mapping[str, list[Card]]) -> str:
    parts = [WRITTEN, INDEX, f"**Masks**, for every strategy. {escaped(mask_rule())}\n", every_parameter(families)]
    for family, cards in families.items():
        parts += [f"## [{family}]({family}.md)\n", f"{opening(cards)}\n", table(family, cards)]
    return "\n".join(parts)


def every_parameter(families: Mapping[str, list[Card]]) -> str:
    """What all strategies take, said once."""
    card = max((card for cards in families.values() for card in cards), key=lambda c: len(c.common))
    common = [parameter for parameter in card.parameters if parameter.name in card.common]
    return "Every strategy but those that join branches takes, beside its own parameters:\n\n" + parameters(
        card, common
    )


def table(family: str, cards: list[Card]) -> str:
    """A family at a glance."""
    if not any(card.regions for card in cards):
        return rows(("", ""), ((link(family, card), card.component.summary) for card in cards))
    titles = ("", "", "merges", "cost", "kit", "elsewhere")
    return rows(titles, (glance(family, card) for card in cards))


def glance(family: str, card: Card) -> tuple[str, ...]:
    verdict = verdict_of(card)
    return (
        link(family, card),
        card.component.summary,
        "yes" if card.traits.get("mergeable") else "",
        cost(card),
        f"{verdict['passed']} pass" if verdict else "",
        "; ".join(peers().get(card.component.name, [])),
    )


def family_page(family: str, cards: list[Card]) -> str:
    parts = [WRITTEN, f"# {family}\n", f"{opening(cards)} [All families](README.md).\n"]
    return "\n".join([*parts, *("\n".join(section(card)) for card in cards)])


def section(card: Card) -> Iterator[str]:
    """A card."""
    yield f"## {card.component.name}\n"
    for paragraph in card.paragraphs or (card.component.summary,):
        yield f"```text\n{paragraph}\n```\n" if paragraph == card.formula else f"{escaped(paragraph)}\n"
    own = [parameter for parameter in card.parameters if parameter.name not in card.common]
    if own:
        yield parameters(card, own)
    facts = [f"- **{title}**: {escaped(text)}" for title, text in facts_of(card) if text]
    if facts:
        yield "\n".join(facts) + "\n"


def facts_of(card: Card) -> Iterator[tuple[str, str]]:
    sections = dict(card.sections)
    source = sections.pop("Source", "")
    yield from sections.items()
    yield "Asks", card.asks
    if card.regions:
        yield "Regions", regions_in_words(card)
        yield "Traits", traits_in_words(card)
        yield "Exports", ", ".join(card.exports) or "to nothing"
        yield "Cost", cost(card) + (" (a fold)" if card.fold else "")
        yield "Kit", "; ".join(kit_said(card))
    yield "Elsewhere", "; ".join(peers().get(card.component.name, []))
    yield "Source", source


def kit_said(card: Card) -> Iterator[str]:
    """What the kit found, and what it did not look at."""
    verdict = verdict_of(card)
    if verdict:
        yield f"{verdict['passed']} cases pass at level {verdict['level']}"
        yield from (f"`{check}` is not made: {reason}" for check, reason in verdict["skipped"].items())


def cost(card: Card) -> str:
    """What the text says, and whether what is computed grows with the square of a bag's size."""
    verdict = verdict_of(card)
    square = "grows with the square of the bag's size" if verdict and verdict["growth"] > 1.5 else ""
    return ", ".join(filter(None, (card.cost, square)))


def verdict_of(card: Card) -> dict[str, Any] | None:
    """The kit's report on it, if that was made of the text as it stands."""
    verdict: dict[str, Any] = verdicts.reports().get(card.component.name, {})
    return verdict if verdict.get("text") == verdicts.digest(card.component.target) else None


@functools.cache
def peers() -> dict[str, list[str]]:
    return tomllib.loads(PEERS.read_text(encoding="utf-8"))


def opening(cards: list[Card]) -> str:
    """What the family's own module says it is."""
    package = cards[0].component.target.partition(":")[0].rpartition(".")[0]
    return ast.get_docstring(tree(package)) or ""


def link(family: str, card: Card) -> str:
    return f"[{card.component.name}]({family}.md#{card.component.name})"


def parameters(card: Card, chosen: list[Parameter]) -> str:
    """A table of some of its parameters."""
    cells = ((f"`{p.variadic}{p.name}`", f"`{takes(p)}`", default(p), card.meanings.get(p.name, "")) for p in chosen)
    return rows(("parameter", "takes", "default", ""), cells)


def default(parameter: Parameter) -> str:
    return "" if parameter.required or parameter.variadic else f"`{default_text(parameter)}`"


def rows(titles: tuple[str, ...], cells: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [titles, ("---",) * len(titles), *(tuple(map(escaped, row)) for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def escaped(text: str) -> str:
    """Text in which no sign is taken for Markdown's own, but for code and links."""
    parts = re.split(r"(`[^`]*`|\[\w+\]\([\w.#]+\))", " ".join(text.split()))
    plain = [re.sub(r"([*<\[\]])", r"\\\1", part) if i % 2 == 0 else part for i, part in enumerate(parts)]
    return "".join(plain).replace("|", "\\|")


def main() -> None:
    if sys.argv[1:] == ["--kit"]:
        verdicts.refresh([card.component for cards in by_family().values() for card in cards if card.regions])
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
