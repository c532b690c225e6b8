"""What of a family is put through the kit: every strategy, with its formula, and other ways through the code."""

from __future__ import annotations

import importlib

import kpool
from kpool.testing.naming import as_target
from kpool.testing.target import Target


def family(plugin: str, *otherwise: str) -> list[Target]:
    """A target for each strategy of a plugin, one for it over windows where it goes, and those named."""
    names = [name for name, c in kpool.strategies().items() if c.builtin and c.plugin == plugin]
    windows = [f"{name}(over=window(2))" for name in names if _goes_over_windows(name)]
    return [*(as_target(name, oracle=_oracle(plugin, name)) for name in names), *map(as_target, (*windows, *otherwise))]


def _goes_over_windows(name: str) -> bool:
    allowed = kpool.strategies()[name].load().only_over
    return not allowed


def _oracle(plugin: str, name: str) -> object:
    """The formula as the strategy's own test says it: `oracle(bag, layer)`."""
    test = importlib.import_module(f"..plugins.{plugin}.test_{name}", package=__package__)
    return test.oracle
