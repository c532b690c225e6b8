"""A segment's sum and maximum in float64 are float64's, on every backend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kpool.testing import backend
from kpool.testing.compare import as_array
from kpool.testing.naming import as_target


@pytest.mark.parametrize(("name", "exact"), [("sum", np.sum), ("max", np.max)])
def test_no_digit_is_lost(name: str, exact: Callable[..., np.ndarray]) -> None:
    x, ids = np.random.default_rng(0).normal(size=(1, 6, 3)), np.array([[0, 1, 0, 1, 1, 0]])
    expected = [exact(x[0][ids[0] == i], axis=0) for i in range(2)]
    with backend.wide():
        layer = as_target(f"{name}(over=segments(2))").make("float64")
        given = as_array(layer(x, regions=ids))
    np.testing.assert_allclose(given[0], expected, rtol=1e-15)
