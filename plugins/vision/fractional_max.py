"""The maximum over regions that shrink an axis by a fraction."""

from __future__ import annotations

from typing import Annotated, Any

import keras
import numpy as np
from annotated_types import Interval
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Between, RegionSpec
from kpool.reductions import Max
from kpool.region.base import Region, Shape
from kpool.region.bins import UnevenAxis, cut_axes, line_up_axes
from kpool.region.lined import Lined


class FractionalMaxPooling(kpool.Pooling, name="fractional_max"):
    """The maximum over regions of ⌊α⌋ or ⌈α⌉ positions along every axis, cut anew at each call in training.

    y_i = max x_t, b_i ≤ t < b_(i+1),  b_i = ⌈α (i + u)⌉ − 1, b_0 = 0, b_n = L,  α = L / n, n = ⌊L / ratio⌋

    These sequences are the paper's pseudo-random ones. Training draws u for each axis; inference has the region's own.

    Args:
        seed: Of the draws.
        over: `fractional(ratio, u, overlapping)`. TensorFlow's pooling_ratio is `ratio`; PyTorch's output_ratio is
            1 / ratio. `overlapping` adds the next region's first position to each.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Source: Graham 2014, arXiv:1412.6071, sec. 2.
    """

    permutation_invariant = False
    mergeable = False
    stochastic = True
    only_over = ("fractional",)
    weights_repeat = False

    def __init__(self, seed: int | None = None, over: RegionSpec = "fractional", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def pool(self, bags: Bags) -> Tensor:
        if bags.training and isinstance(bags, Fractions):
            us = keras.random.uniform((bags.axis - 1,), 1e-3, 1, "float32", self.seed_generator)
            bags = Fractions(bags.region, kops.unstack(kops.cast(us, "float64"), bags.axis - 1), *bags.uncut)
        return Max(bags.elements).over(bags)


class Fractional(Region, name="fractional"):
    """Cuts every axis of L positions into ⌊L / ratio⌋ regions, at least one, of ⌊L / n⌋ or ⌈L / n⌉ positions.

    Args:
        ratio: By how much the axes shrink.
        u: Where the cuts lie, as a share of the u with which regions have no other lengths.
        overlapping: Let each region end with the first position of the next.
    """

    def __init__(
        self,
        ratio: Annotated[float, Interval(ge=1)] = 1.4142135623730951,
        u: Annotated[float, Between(0.001, 1)] = 0.5,
        overlapping: bool = False,
    ) -> None:
        self.ratio, self.u, self.overlapping = ratio, u, overlapping

    def bags(self, elements: Tensor, counted: Tensor, weights: Tensor, regions: Tensor = None) -> Fractions:
        return Fractions(self, [self.u] * (len(elements.shape) - 2), elements, counted, weights)

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        return tuple(None if length is None else self.count(length) for length in positions)

    def count(self, length: int | Tensor) -> Any:
        """⌊L / ratio⌋, at least 1; a little more than the quotient, so that L = 10 and ratio = 10 / 7 give 7."""
        if isinstance(length, int):
            return max(int(length / self.ratio * (1 + 2**-40)), 1)
        return kops.maximum(kops.cast(kops.cast(length, "float64") / self.ratio * (1 + 2**-40), "int32"), 1)


class FractionalAxis(UnevenAxis):
    """An axis cut where its pseudo-random sequence says, in NumPy where all is known."""

    def __init__(self, region: Fractional, length: int | Tensor, u: float | Tensor) -> None:
        known = isinstance(length, int) and isinstance(u, float)
        xp, number = (np, np.asarray) if known else (kops, kops.convert_to_tensor)
        self.length, self.bins = length, region.count(length)
        self.size = ops.ceil_divide(length, self.bins) + region.overlapping
        α = number(length, "float64") / number(self.bins, "float64")
        αu = u * xp.minimum(2 - α % 1, 1 + α % 1) - 2**-20  # a little less, for a whole sum may come out greater
        inner = number(xp.ceil(α * number(xp.arange(1, self.bins), "float64") + αu) - 1, "int64")
        last = number([length], "int64")
        starts, ends = (xp.concatenate(each, axis=0) for each in ([0 * last, inner], [inner, last]))
        places = starts[:, None] + xp.arange(self.size, dtype="int64")
        self.inside = places < xp.minimum(ends + region.overlapping, last)[:, None]
        self.places = xp.where(self.inside, places, 0)


class Fractions(Lined):
    """Bags that can be cut anew."""

    def __init__(self, region: Fractional, us: list[Any], *uncut: Tensor | None) -> None:
        self.region, self.uncut = region, uncut
        elements, counted, weights = uncut
        axes = [FractionalAxis(region, length, u) for length, u in zip(kops.shape(elements)[1:-1], us, strict=True)]
        here = kops.ones_like(elements[..., 0], dtype="bool") if counted is None else counted
        elements, here, weights = (x if x is None else cut_axes(x, axes) for x in (elements, here, weights))
        for i, axis in enumerate(axes):
            here = kops.logical_and(here, ops.reshape(axis.inside, axis.shape_among(i, len(axes))))
        elements = ops.where_expanded(here, elements, 0.0)
        super().__init__(*(x if x is None else line_up_axes(x, len(axes)) for x in (elements, here, weights)))
