"""The audio family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import family

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
@parametrize_strategies(family("audio", *OTHERWISE), skip="region_modes")
def test_conformance(conformance: Conformance) -> None:
    conformance()
