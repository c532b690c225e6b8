"""Options that are refused with what was given and what is taken: Typer's own bounds (0.29) say only the latter."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import typer

Words = TypeVar("Words", str, list[str] | None)


def at_least(least: float) -> Callable[[float], float]:
    def checked(value: float) -> float:
        if not value >= least:
            raise typer.BadParameter(f"{value} is less than {least}")
        return value

    return checked


def one_of(choices: Collection[str]) -> Callable[[Words], Words]:
    """For an option of one word, and for one that may be repeated."""

    def checked(given: Words) -> Words:
        for word in [given] if isinstance(given, str) else given or []:
            if word not in choices:
                raise typer.BadParameter(f"{word!r} is none of {', '.join(choices)}")
        return given

    return checked


def listed(what: str, choices: Collection[str]) -> str:
    """An option's help, with what it takes."""
    return f"{what}: {', '.join(choices)}."
