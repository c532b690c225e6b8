"""What compiled poolings hold, as XLA reports."""

from __future__ import annotations

from typing import Any

import pytest

import kpool
from kpool import registry
from kpool.bench import memory
from kpool.bench.inputs import Input
from kpool.bench.run import FORWARD, GRADIENTS
from kpool.bench.work import Work


def test_it_is_what_is_stored_between_loops() -> None:
    """A mean stores one row of eight; k_max its input with features first, at least."""
    given = Input("8x64x64", masked=False)
    mean, k_max = memory.held([(Work(given, spec), FORWARD) for spec in ("mean", "k_max")])
    assert mean is not None
    assert k_max is not None
    assert mean <= 1 / 8
    assert k_max >= 1


@pytest.mark.parametrize("shape", ["8x64x64", "8x8x8x64"])
def test_no_masked_copy_of_the_input_is_stored_for_a_product(shape: str) -> None:
    (attention,) = memory.held([(Work(Input(shape), "attention(units=8)"), FORWARD)])
    assert attention is not None
    assert attention < 0.5


@pytest.mark.parametrize("spec", ["vector_attention", "multi_head_stats", "multi_head_stats(layers=1)", "simpool"])
def test_no_gradient_of_a_weight_is_made_for_each_element(spec: str) -> None:
    (held,) = memory.held([(Work(Input("8x64x64"), spec), GRADIENTS)])
    assert held is not None
    assert held < 12


def test_gradients_and_half_precision_are_told_apart() -> None:
    works = [Work(Input("8x64x64", dtype), "std") for dtype in ("float32", "bfloat16")]
    shares = memory.held([(work, what) for work in works for what in (FORWARD, GRADIENTS)])
    assert all(share is not None and share > 0 for share in shares)
    assert len(set(shares)) == len(shares)


def test_nothing_is_said_of_a_strategy_that_another_process_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.default(), "_local", {})

    @kpool.strategy("known_here")
    class KnownHere(kpool.Pooling):
        def pool(self, bags: Any) -> Any:
            return bags.sum(bags.elements)

    assert memory.held([(Work(Input("tiny-tokens"), "known_here"), FORWARD)]) == [None]
