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
    units, judged = _judged(np.array([[given]]), np.array([[expected]]), "bfloat16")
    assert judged.item() is correct
    assert (units.item() == 0) is correct
