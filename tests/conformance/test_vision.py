"""The vision family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "aps(norm=l1)",
    "blur(over=window(4, strides=2))",
    "covariance(ridge=0.1)",
    "csra(temperature=max)",
    "dpp(detail=asymmetric)",
    "fractional_max(over=fractional(2.0, overlapping=true))",
    "lps(units=3)",
    "netvlad(clusters=8, over=window(2))",
    "rmac(levels=2, whole=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("vision", *OTHERWISE), skip="region_modes")
def test_conformance(conformance: Conformance) -> None:
    conformance()
