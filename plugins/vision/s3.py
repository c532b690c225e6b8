"""A dense maximum, strided by chance."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count, RegionSpec
from kpool.reductions import Max, Mean
from kpool.region.window import Window


class S3Pooling(kpool.Pooling, name="s3"):
    """Stochastic spatial sampling: the maximum at every position, of which training keeps random rows and columns.

    m_j = max of the `size` positions about j;  training: y = m_(r, c), r and c drawn from each window's rows and
    columns;  inference: y = Σ_j m_j / n

    The draws are shared by all examples and features. A window of s × s is the paper's grid with g = s: one row of
    each s, and one column. Where the place drawn does not count, another of the window is. Even sizes look one position
    further ahead than back.

    Args:
        size: Positions along every axis that a maximum is taken of.
        seed: Of the draws.
        over: The windows.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Source: Zhai et al. 2017, arXiv:1611.05138, sec. 3.
    """

    permutation_invariant = False
    mergeable = False
    stochastic = True
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, size: Count = 2, seed: int | None = None, over: RegionSpec = "window(2)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.dense = Window(size, strides=1, padding="same")
        self.seed_generator = keras.random.SeedGenerator(seed)

    def pool(self, bags: Bags) -> Tensor:
        m = Max(bags.elements).over(self.dense.bags(bags.elements, bags.counted, None))
        if not bags.training:
            return Mean(m).over(bags)
        draw = self._draw(m)
        here = bags.max(draw)
        chosen = bags.sum(draw, m, of=lambda d, m, best: kops.where(d == best, m, 0), given=[here])
        return chosen / kops.maximum(bags.sum(draw, of=lambda d, best: kops.cast(d == best, m.dtype), given=[here]), 1)

    def _draw(self, m: Tensor) -> Tensor:
        """A number for each place, the sum of its row's and its column's: its greatest is at the greatest of both."""
        axes = range(1, len(m.shape) - 1)
        shapes = [[kops.shape(m)[i] if i == axis else 1 for i in range(len(m.shape))] for axis in axes]
        total = sum(keras.random.uniform(shape, dtype=m.dtype, seed=self.seed_generator) for shape in shapes)
        return total + kops.zeros_like(m[..., :1])
