"""What of a family is put through the kit: every strategy, with its formula, and other ways through the code."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import kpool
from kpool.testing.naming import as_target
from kpool.testing.target import Target

# tests/plugins by a name of its own: what pytest calls tests.plugins exists only once it has come there
sys.modules["formulas"] = types.ModuleType("formulas")
sys.modules["formulas"].__path__ = [str(Path(__file__).parents[1] / "plugins")]


def family(plugin: str, *otherwise: str) -> list[Target]:
    """A target for each strategy of a plugin, and those named.

    Over every region it goes, the kit's own region laws take each of them; a whole run over windows, for those that are
    named so, is for what a grid may spoil besides: masks behind it, files and exports.
    """
    names = [name for name, c in kpool.strategies().items() if c.builtin and c.plugin == plugin]
    return [*(as_target(name, oracle=_oracle(plugin, name)) for name in names), *map(as_target, otherwise)]


def _oracle(plugin: str, name: str) -> object:
    """The formula as the strategy's own test says it: `oracle(bag, layer)`.

    A strategy of one region may have none: its answer may depend on more than a bag's elements.
    """
    test = importlib.import_module(f"formulas.{plugin}.test_{name}")
    anywhere = not kpool.strategies()[name].load().only_over
    return test.oracle if anywhere else getattr(test, "oracle", None)
