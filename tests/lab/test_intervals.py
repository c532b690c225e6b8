"""Intervals are as wide as the tables say, and hold the true mean as often as they claim."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.lab.intervals import half_width, quantile


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (1000, 1.962)])
def test_quantile(freedom: int, expected: float) -> None:
    assert quantile(freedom) == pytest.approx(expected, abs=1e-3)


def test_one_value_has_no_interval() -> None:
    assert half_width([0.5]) is None
    assert half_width([0.5, 0.5]) == 0


def test_19_of_20_intervals_hold_the_mean() -> None:
    draws = np.random.default_rng(0).normal(3, 2, (1000, 5)).tolist()
    held = [abs(np.mean(draw) - 3) <= (half_width(draw) or 0) for draw in draws]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
