"""The vision family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

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
@parametrize_strategies(family("vision"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
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
