"""Cards: what is known of a component without importing it."""

from __future__ import annotations

import subprocess
import sys

import keras
import pytest

import kpool
from kpool.cards import card, mask_rule, traits
from kpool.parameters import Count

BUILT_IN = {name: component for name, component in kpool.strategies().items() if component.builtin}
POOLS = {name: component for name, component in BUILT_IN.items() if component.plugin != "combinators"}
READ_ALL = """
import sys, kpool
from kpool.cards import card
for kind in (kpool.strategies(), kpool.regions(), kpool.stages()):
    for component in kind.values():
        card(component).to_json()
        if "keras" in sys.modules:
            sys.exit(f"{component.name}: its text alone does not tell its parameters")
"""


@pytest.mark.slow
def test_cards_are_read_without_keras() -> None:
    done = subprocess.run([sys.executable, "-c", READ_ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", POOLS)
def test_card_says_what_the_class_says(name: str) -> None:
    found, cls = card(POOLS[name]), POOLS[name].load()
    layer = cls()
    words = [trait for trait in traits() if isinstance(getattr(layer, trait, None), bool)]
    assert {*found.traits, *found.depends} == {*words, *({"exports"} & set(found.depends))}
    assert found.traits == {trait: getattr(layer, trait) for trait in found.traits}
    assert found.exports == (() if "exports" in found.depends else layer.exports)
    assert found.regions == (layer.only_over or tuple(kpool.regions()))
    assert found.fold == (cls.pool is kpool.Pooling.pool)


@pytest.mark.parametrize("name", POOLS)
def test_card_is_whole(name: str) -> None:
    found = card(POOLS[name])
    assert found.formula, "the docstring has no line that reads as a formula: y = …"
    assert {"Shape", "Empty"} <= set(found.sections)
    assert set(found.meanings) == {parameter.name for parameter in found.parameters}
    assert found.cost


def test_parameters_of_every_pooling_are_told_apart() -> None:
    found = card(kpool.strategies()["gem"])
    assert found.common == {"over", "empty_value", "require_mask", "data_format"}
    assert found.meanings["p"].startswith("Initial exponent.")
    assert found.meanings["empty_value"] == "What a bag without a counted element gives."


def test_what_joins_branches_has_no_traits_of_its_own() -> None:
    found = card(kpool.strategies()["concat"])
    assert (found.traits, found.regions, found.exports, found.cost) == ({}, (), (), "")


def test_region_says_what_it_asks_for() -> None:
    assert "(batch, n, 2)" in card(kpool.regions()["spans"]).asks
    assert card(kpool.regions()["window"]).asks == ""


def test_a_stage_may_be_a_function() -> None:
    found = card(kpool.stages()["dense"])
    assert found.meanings["units"] == "Its width."
    assert found.traits == {}


def test_traits_are_those_of_every_pooling() -> None:
    assert {"permutation_invariant", "mergeable", "stochastic", "learned_statistics"} < set(traits())
    assert {"fold", "tf_saved_model", "litert", "onnx"} < set(traits())
    assert card(kpool.strategies()["mean"]).has("fold")
    assert not card(kpool.strategies()["mean"]).has("stochastic")


def test_mask_rule_is_pooling_s() -> None:
    assert mask_rule().startswith("Which elements count")


def test_class_of_a_notebook_s_cell() -> None:
    @kpool.strategy("of_a_cell")
    class OfACellPooling(kpool.Pooling, name="of_a_cell"):
        """Halves the sum.

        y = Σ x / k

        Args:
            k: By what.

        Shape: (bag, features) -> (features,)
        """

        stochastic = True

        def __init__(self, k: Count = 2, **kwargs: object) -> None:
            super().__init__(**kwargs)
            self.k = k

        def lift(self, x: keras.KerasTensor) -> kpool.reductions.Sum:
            return kpool.reductions.Sum(x / self.k)

        @property
        def mergeable(self) -> bool:
            return self.k > 2

    found = card(kpool.strategies()["of_a_cell"])
    assert (found.formula, found.meanings["k"]) == ("y = Σ x / k", "By what.")
    assert found.traits["stochastic"]
    assert found.depends == ("mergeable",)
    assert found.fold
    assert found.cost == ""
