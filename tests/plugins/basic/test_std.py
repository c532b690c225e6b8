"""y = √(Σ (x − μ)² / (n − ddof))"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.std import StdPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, ddof: int = 0) -> np.ndarray:
    if len(x) <= ddof:
        return np.zeros(x.shape[-1])
    return np.sqrt(np.sum((x - np.mean(x, axis=0)) ** 2, axis=0) / (len(x) - ddof))


@pytest.mark.parametrize("ddof", [pytest.param(0, id="population"), pytest.param(1, id="sample: one element gives 0")])
def test_follows_the_formula(ddof: int) -> None:
    assert_follows(StdPooling(ddof, dtype="float64"), functools.partial(oracle, ddof=ddof))


@pytest.mark.parametrize(
    "x",
    [
        pytest.param([10000.1, 10000.2, 10000.3], id="E[x²] − E[x]² cancels to nothing"),
        pytest.param([1e15, 2e15, 4e15], id="squares are large"),
        pytest.param([1 + 2**-20, 1, 1, 1], id="hardly any spread"),
    ],
)
def test_is_exact_where_squares_cancel(x: list[float]) -> None:
    x32 = np.array(x, "float32")[None, :, None]
    np.testing.assert_allclose(StdPooling()(x32)[0], oracle(x32[0].astype("float64")), rtol=3e-7)


@pytest.mark.parametrize("n", [1, 3, 49, 1000])
def test_of_a_constant_is_nothing(n: int) -> None:
    """The mean of n times 10000.1 is one float off for many n; the deviation must not be that float."""
    assert np.all(StdPooling()(np.full((1, n, 1), 10000.1, "float32")) <= 1e-6)


def test_ddof_is_0_or_1() -> None:
    with pytest.raises(SpecError, match=r"std: ddof must be int in \[0, 1\], not 2"):
        StdPooling(ddof=2)
