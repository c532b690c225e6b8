"""The text family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = ["layer_mean(weighting=raw, layer_start=2)", "splade(reduce=sum)"]

REASON = "a weight belongs to its layer, and the check changes how many layers there are, or does not say"
OF_LAYERS = dict.fromkeys(
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
    REASON,
)


@pytest.mark.slow
@parametrize_strategies(family("text"), skip="region_modes", expected_failures={"layer_mean": OF_LAYERS})
def test_conformance(conformance: Conformance) -> None:
    conformance()


@pytest.mark.slow
@parametrize_strategies(OTHERWISE, skip=ONCE_A_STRATEGY, expected_failures={OTHERWISE[0]: OF_LAYERS})
def test_other_arguments(conformance: Conformance) -> None:
    conformance()


@pytest.mark.thorough
@parametrize_strategies(OTHERWISE, only="deploy", expected_failures={OTHERWISE[0]: OF_LAYERS})
def test_exports_of_other_arguments(conformance: Conformance) -> None:
    conformance()
