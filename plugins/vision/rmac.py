"""Sum of the maxima of square regions of several sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count, RegionSpec

Length = int | Tensor


class RMACPooling(kpool.Pooling, name="rmac"):
    """Regional maximum activations: the maxima of square regions of several sizes, each of unit length, added up.

    y = Σ_R m_R / ‖m_R‖₂, to unit length,  m_R = max_{t ∈ R} x

    At scale l the regions have sides of ⌊2 min(rows, cols) / (l + 1)⌋ and stand evenly: l of them along the shorter
    axis and l + m − 1 along the longer one, m such that neighbours overlap by about 40 % at scale 1. Only what counts
    is in a region. The paper whitens each m_R by a PCA learned beforehand, which is left out here.

    Args:
        levels: How many scales.
        whole: Add the whole map as one more region, as the authors' code does.

    Shape: (rows, cols, features) -> (features,)
    Empty: 0.
    Raises: SpecError for an input that is no image.
    Source: Tolias et al. 2016, arXiv:1511.05879, sec. 3.2.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("everything",)

    def __init__(self, levels: Count = 3, whole: bool = False, over: RegionSpec = "everything", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.levels = levels
        self.whole = whole

    def make_weights(self, features: int) -> None:
        if self.position_axes != 2:
            raise SpecError(f"rmac pools images, (batch, rows, cols, features), not {self.position_axes} position axes")

    def pool(self, bags: Bags) -> Tensor:
        x = ops.where_expanded(bags.field_counted, bags.field, -float("inf"))
        total = sum(kops.sum(_directions(each), axis=(1, 2)) for each in self._maxima(x))
        return ops.unit(total)

    def _maxima(self, x: Tensor) -> list[Tensor]:
        """The maxima of the regions of each scale: (batch, regions, regions, features)."""
        rows, cols = kops.shape(x)[1:3]
        side = min(rows, cols) if isinstance(rows, int) and isinstance(cols, int) else kops.minimum(rows, cols)
        maxima = [
            _maxima(_maxima(x, 1, rows, side, level), 2, cols, side, level) for level in range(1, self.levels + 1)
        ]
        return [*maxima, ops.greatest(x, (1, 2), keepdims=True)] if self.whole else maxima


def _directions(maxima: Tensor) -> Tensor:
    """Each of unit length; 0 for a region in which nothing counts."""
    return ops.unit(kops.where(maxima > -float("inf"), maxima, kops.zeros_like(maxima)))


def _maxima(x: Tensor, axis: int, length: Length, shorter: Length, level: int) -> Tensor:
    """The maxima of the regions of one scale along one axis, which becomes that of the regions."""
    numbers: Any = np if isinstance(length, int) and isinstance(shorter, int) else kops
    size = 2 * shorter // (level + 1)
    regions = level + _more(numbers, length, shorter)
    regions = int(regions) if numbers is np else regions
    starts = numbers.arange(regions) * (length - size) // numbers.maximum(regions - 1, 1)
    places = numbers.expand_dims(starts, 1) + numbers.arange(size)
    shape = kops.shape(x)
    cut = kops.take(x, numbers.reshape(places, (-1,)), axis=axis)
    cut = ops.reshape(cut, (*shape[:axis], regions, size, *shape[axis + 1 :]))
    return ops.greatest(cut, axis + 1)


def _more(numbers: Any, length: Length, shorter: Length) -> Length:
    """m − 1, by which a longer axis has more regions: of m = 2 to 7, that whose overlap is nearest to 40 %."""
    # |1 − (length − shorter) / (shorter (m − 1)) − 0.4|, times 60 shorter: whole numbers, whatever m
    apart = numbers.abs(36 * shorter - (length - shorter) * numbers.array([60, 30, 20, 15, 12, 10], dtype="int32"))
    return numbers.where(length > shorter, 1 + numbers.argmin(apart), 0)
