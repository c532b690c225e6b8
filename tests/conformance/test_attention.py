"""The attention family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "ada_attention(query=1, heads=2, skip=true)",
    "attention(over=window(2))",
    "attention(heads=2, use_bias=false)",
    "clip_attention(units=3, resample=bilinear)",
    "dot_attention(queries=2, values=split, projections=true)",
    "gated_attention(heads=4, use_bias=true)",
    "map(heads=2)",
    "map(mlp_ratio=0.0)",
    "map(probes=2, activation=gelu)",
    "simpool(gamma=none)",
    "simpool(heads=2, gamma=1.25, minimum=channel)",
    "vector_attention(heads=2)",
]


@pytest.mark.slow
@parametrize_strategies(family("attention"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
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
