"""95 % confidence intervals of a mean over few seeds, by Student's t."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

LEVEL = 0.95


def half_width(values: Sequence[float]) -> float | None:
    """The mean lies within ± this of the true one, if the values are normal; None for a single value."""
    if len(values) < 2:
        return None
    return quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))


def quantile(freedom: int) -> float:
    """The t that Student's distribution stays within, on both sides of 0, with probability `LEVEL`: to 4 digits."""
    step = 1e-4
    t = np.arange(step / 2, 14, step)  # 12.71 is the largest, for one degree of freedom
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    within = 2 * step * scale * np.cumsum((1 + t**2 / freedom) ** (-(freedom + 1) / 2))
    return float(t[np.searchsorted(within, LEVEL)] + step / 2)
