"""The instances family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import EXPECTED_FAILURES, ONCE_A_STRATEGY, family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "clam(branches=single)",
    "dsmil(classes=3, scaled=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("instances"), skip="region_modes", expected_failures=EXPECTED_FAILURES)
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
