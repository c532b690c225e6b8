"""The audio family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "attention_softmax(classes=3, attention=sigmoid)",
    "attentive_stats(activation=relu, use_bias=false)",
    "auto_pool(max_alpha=2.0, regularizer=0.01)",
    "ecapa(context=false, activation=relu)",
    "lde(average=weights, components=4)",
    "lde(mean_distance=false)",
    "multi_head_stats(layers=1, queries=2, per_channel=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("audio"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
def test_conformance(conformance: Conformance) -> None:
    conformance()


@pytest.mark.slow
@parametrize_strategies(OTHERWISE, skip=ONCE_A_STRATEGY, expected_failures=EXPECTED_FAILURES)
def test_other_arguments(conformance: Conformance) -> None:
    conformance()


@pytest.mark.thorough
@parametrize_strategies(OTHERWISE, only="deploy", expected_failures=EXPECTED_FAILURES)
def test_exports_of_other_arguments(conformance: Conformance) -> None:
    conformance()
