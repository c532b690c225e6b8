"""The instances family, put through the kit."""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

from .targets import family

# Arguments that take another way through the code than the defaults.
OTHERWISE = [
    "clam(branches=single)",
    "dsmil(classes=3, scaled=true)",
]


@pytest.mark.slow
@parametrize_strategies(family("instances", *OTHERWISE), skip="region_modes")
def test_conformance(conformance: Conformance) -> None:
    conformance()
