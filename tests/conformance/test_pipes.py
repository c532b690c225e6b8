"""Pipes and combinators, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

SPECS = [
    "add(mean, max)",
    "concat(mean, gem | l2_norm, std)",
    "gem | dropout(0.2) | dense(3)",
    "heads(a=mean, b=dense(2) | max)",
    "max_of(mean, max)",
    "mix(mean, max)",
    "conv1x1(4) | mean | rms_norm | scale(per_feature=true)",
    "gem | truncate(4) | cosine(3, scale=1.0)",
    "std(over=pyramid([1, 2]))",
    "gem(over=bins(4))",
]


@pytest.mark.slow
@parametrize_strategies(SPECS, skip="region_modes")
def test_conformance(conformance: Conformance) -> None:
    conformance()
