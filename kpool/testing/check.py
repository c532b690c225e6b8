"""Check: one law that a layer must keep, with the sentence that says what it guards."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpool.testing.target import Target

FIRST_LEVEL = "2026.11"


class Skipped(Exception):  # noqa: N818 (it is no error)
    """What a check raises where it cannot be made; its text is the reason."""


@dataclass(frozen=True)
class Check:
    """A law, made into a function that raises AssertionError where it is broken.

    Attributes:
        id: Its name, unique in the kit.
        group: What it is about: plugin, config, shape, mask, region, numerics, precision, persistence or
            deploy.
        guards: One sentence: what goes wrong without it.
        level: The release of the kit that brought it, as in "2026.11"; it does not run below.
        cases: The names of the cases it is made for, at least one.
    """

    id: str
    group: str
    guards: str
    level: str
    cases: tuple[str, ...]
    function: Callable[..., str | None]

    def __call__(self, target: Target, case: str = "") -> str:
        """Make the check; what was measured, or "".

        Raises:
            AssertionError: the law is broken.
            Skipped: it cannot be checked here.
        """
        return (self.function(target, case) if case else self.function(target)) or ""


Function = Callable[..., Any]
Reason = Callable[["Target"], str]


def check(
    guards: str, *, cases: tuple[str, ...] = ("",), unless: Reason | None = None, level: str = FIRST_LEVEL
) -> Callable[[Function], Check]:
    """Make a check of a function of the target, and of the case if there are several.

    Args:
        guards: One sentence: what goes wrong without it.
        cases: The names of the cases.
        unless: Gives the reason why the check does not apply to a target, or "".
        level: The first release of the kit that makes it.
    """

    def make(function: Function) -> Check:
        @functools.wraps(function)
        def guarded(target: Target, *case: str) -> str | None:
            if unless and (reason := unless(target)):
                raise Skipped(reason)
            noted: str | None = function(target, *case)
            return noted

        group = function.__module__.rpartition(".")[2]
        return Check(function.__name__, group, guards, level, cases, guarded)

    return make


def of_modules(*modules: Any) -> Mapping[str, Check]:
    """The checks of the modules by id, in the order in which they stand there."""
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
    return {each.id: each for each in found}


def said(error: Exception) -> str:
    """An error's kind and its own words, without what Keras puts around them."""
    text = re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n\nArguments received by")[0]
    own = re.sub(r"^Exception encountered when calling \S+\n\n", "", text).strip()
    return f"{type(error).__name__}: {own}"
