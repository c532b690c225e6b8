"""The marked steps' mean decides, and the plain mean knows what the docstring says that it knows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kpool.lab.needle import needle


@pytest.mark.parametrize("signal", [1, 4, 16], ids=["one", "quarter", "all"])
def test_the_marked_steps_decide(signal: int) -> None:
    data = needle(signal=signal, steps=16, examples=500)
    marked = data.x[..., 0] == 1
    assert (marked.sum(axis=1) == signal).all()
    means = np.array([x[m, 1].mean(dtype=np.float64) for x, m in zip(data.x, marked, strict=True)])
    assert np.array_equal(data.y, means > 0)


@pytest.mark.parametrize("signal", [1, 16, 64], ids=["one", "quarter", "all"])
def test_what_the_plain_mean_knows(signal: int) -> None:
    data = needle(signal=signal, examples=20_000, features=2)
    right = np.mean((data.x[..., 1].mean(axis=1) > 0) == data.y)
    assert right == pytest.approx(0.5 + math.asin(math.sqrt(signal / 64)) / math.pi, abs=0.015)
