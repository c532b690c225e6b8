"""What counts as correctly rounded."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.testing.precision import _judged


@pytest.mark.parametrize(
    ("given", "expected", "correct"),
    [
        pytest.param(1.0, 1.0, True, id="exact"),
        pytest.param(1.0, 1 + 2**-8 - 1e-6, True, id="nearest"),
        pytest.param(1.0, 1 + 2**-8 + 1e-7, True, id="half-way, within float32's error: either will do"),
        pytest.param(1.0, 1 + 2**-8 + 1e-6, False, id="half-way passed: the next number is nearer"),
        pytest.param(1.0, 1 + 2**-7, False, id="one number off"),
    ],
)
def test_bfloat16_near_one(given: float, expected: float, correct: bool) -> None:
    units, judged = _judged(np.array([[given]]), np.array([[expected]]), "bfloat16", np.ones(1))
    assert judged.item() is correct
    assert (units.item() == 0) is correct


@pytest.mark.parametrize(
    ("scale", "units"),
    [
        pytest.param(0.3, 6, id="no more than the answers beside it"),
        pytest.param(1.4, 0, id="as far as eps in inputs and weights moves it"),
    ],
)
def test_float16_near_zero(scale: float, units: float) -> None:
    """An answer of `map(heads=2)`, 0.3 in size at most, that is moved by 4.6 times as much."""
    apart, judged = _judged(np.array([[2.0301342e-4]]), np.array([[2.0228033e-4]]), "float16", np.array([scale]))
    assert apart.round() == units
    assert judged.item() is (units == 0)
