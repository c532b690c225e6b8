"""The sets family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "deep_sets(phi=[8], rho=[8, 3], activation=tanh, reduce=mean)",
    "gru(units=3, bidirectional=true, reset=after)",
    "lstm(over=window(2))",
    "lstm(units=3, bidirectional=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("sets"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
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
