"""The attention family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "attention(over=window(2))",
    "attention(heads=2, use_bias=false)",
    "dot_attention(queries=2, values=split, projections=true)",
    "gated_attention(heads=4, use_bias=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("attention", *OTHERWISE))
def test_conformance(conformance: Conformance) -> None:
    conformance()
