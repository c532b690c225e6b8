"""The basic family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "first(over=window(2))",
    "gated(per_channel=true)",
    "gem(negatives=error)",
    "gem(negatives=signed)",
    "gem(p=2, trainable=false)",
    "gem(per_channel=true, data_format=channels_first)",
    "gem(over=window(2))",
    "lp(p=3)",
    "lse(trainable=true)",
    "max(over=window(2))",
    "mean(empty_value=-1.0, require_mask=true)",
    "min_max(k_max=0.4, k_min=2)",
    "quantile(q=[0.1, 0.75])",
    "softmax(temperature=-2.0, per_channel=true, trainable=true)",
    "stats(ddof=1)",
    "stats(convention=speechbrain)",
    "std(convention=pyannote)",
    "std(over=window(3, strides=2, padding=same))",
    "top_k(k=0.5)",
    "top_k(k=20)",
    "top_k(over=window(2))",
    "tree(per_channel=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("basic"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
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
