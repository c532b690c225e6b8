"""Below the least normal number is 0, whether or not the backend tells the CPU to take it for 0: PyTorch does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest

from kpool import ops
from kpool.testing import backend
from kpool.testing.compare import as_array

FUNCTIONS = {
    "1 / x": lambda x: ops.divide(keras.ops.ones_like(x), x),
    "x / x": lambda x: ops.divide(x, x),
    "√x": ops.sqrt,
}


@pytest.mark.parametrize("x", [1e-40, -1e-40])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_it_is_zero_and_so_is_the_gradient(function: Callable[[Any], Any], x: float) -> None:
    def loss(x: Any) -> Any:
        y = keras.ops.sum(function(x))
        return y, y

    y, (slope,) = backend.derived(loss)(keras.ops.convert_to_tensor([x], "float32"))
    assert (as_array(y), as_array(slope)) == (0, 0)
