"""What of a family is put through the kit: every strategy, with its formula, and other ways through the code."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import keras

import kpool
from kpool.testing.naming import as_target
from kpool.testing.target import Target

# tests/plugins by a name of its own: what pytest calls tests.plugins exists only once it has come there
sys.modules["formulas"] = types.ModuleType("formulas")
sys.modules["formulas"].__path__ = [str(Path(__file__).parents[1] / "plugins")]


ONCE_A_STRATEGY = ("region_modes", "plugin", "deploy")
"""Checks that one set of arguments is enough for in the default run; `tox run -e thorough` makes those that are not."""


def family(plugin: str) -> list[Target]:
    """A target for each strategy of a plugin, with its formula."""
    names = [name for name, c in kpool.strategies().items() if c.builtin and c.plugin == plugin]
    return [as_target(name, oracle=_oracle(plugin, name)) for name in names]


def _oracle(plugin: str, name: str) -> object:
    """The formula as the strategy's own test says it: `oracle(bag, layer)`.

    A strategy of one region may have none: its answer may depend on more than a bag's elements.
    """
    test = importlib.import_module(f"formulas.{plugin}.test_{name}")
    anywhere = not kpool.strategies()[name].load().only_over
    return test.oracle if anywhere else getattr(test, "oracle", None)


_OF_LAYERS = "a weight belongs to its layer, and the check changes how many layers there are, or does not say"
# What a strategy cannot keep, by its name; docs/catalogue says so too.
_ANYWHERE = {
    "layer_mean": dict.fromkeys(
        (
            "dynamic_sizes",
            "length_one",
            "no_steps",
            "padding",
            "weights_repeat",
            "half_precision",
            "half_precision_masked",
            "float32_precision",
            "saved_model",
        ),
        _OF_LAYERS,
    )
}
# What it cannot keep on a backend, for what Keras or the backend does there. What passes after all fails its test.
_ON_BACKEND = {
    "torch": {
        "netvlad": {
            "float32_precision[512 steps]": "its sums err more (torch 2.13, CPU): by 4.3 eps, where 4 are allowed"
        }
    }
}
EXPECTED_FAILURES: dict[str, dict[str, str]] = _ANYWHERE | _ON_BACKEND.get(keras.backend.backend(), {})
