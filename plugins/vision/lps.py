"""The polyphase component with the greatest learned score."""

from __future__ import annotations

import itertools
from typing import Any

import keras
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.errors import SpecError
from kpool.ops import Tensor, matmul
from kpool.parameters import Count, Positive, RegionSpec


class LPSPooling(kpool.Pooling, name="lps"):
    """Learned polyphase sampling: of every s-th element, the start that a small network scores highest.

    y = x_j*,  j* = argmax_j f(x_j);  training: y = Σ_j softmax((f(x_j) + g_j) / τ) x_j, g_j from Gumbel(0, 1);
    f(x_j) = vᵀ mean_t relu(W ∗ x_j + b),  x_j = the j-th elements of all windows, ∗ circular, 3 positions an axis

    Each example has its own j*, one for all features. A circular shift of a map that divides by the window shifts the
    answer or leaves it, and changes nothing else. The authors' second convolution is averaged as soon as it is taken,
    over a circle: v does the same. What does not count is 0. A weight only says whether an element counts.

    Args:
        units: Width of the convolution; the input's if none is given.
        temperature: τ, which the authors lower as they train.
        seed: Of the draws.
        over: Windows that neither overlap nor leave gaps.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Raises: SpecError for windows whose strides are not their size, or with a dilation.
    Source: Rojas-Gomez et al. 2022, arXiv:2210.08001, sec. 4.
    """

    permutation_invariant = False
    mergeable = False
    stochastic = True
    only_over = ("window",)
    weights_repeat = False

    def __init__(
        self,
        units: Count | None = None,
        temperature: Positive = 1.0,
        seed: int | None = None,
        over: RegionSpec = "window(2)",
        **kwargs: Any,
    ) -> None:
        super().__init__(over=over, **kwargs)
        self.units = units
        self.temperature = temperature
        self.seed_generator = keras.random.SeedGenerator(seed)

    def make_weights(self, features: int) -> None:
        for axis in self.region.axes(self.position_axes):
            if not axis.size == axis.stride == axis.span:
                raise SpecError(f"lps takes windows with strides of their size and no dilation, not over={self.region}")
        units = self.units or features
        kernel = (*[3] * self.position_axes, features, units)
        self.W = self.add_weight(name="W", shape=kernel, initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(units,), initializer="zeros")
        self.v = self.add_weight(name="v", shape=(units, 1), initializer=keras.initializers.RandomNormal(stddev=0.1))

    def pool(self, bags: Bags) -> Tensor:
        components = kops.moveaxis(bags.line_up(bags.elements, 0.0), bags.axis, 1)
        scores = self._scores(components, kops.moveaxis(bags.present, bags.axis, 1))
        shares = self._soft(scores) if bags.training else kops.cast(ops.first_greatest(scores, axis=-1), scores.dtype)
        shares = ops.expand(shares, components)
        return kops.sum(kops.where(shares > 0, shares * components, kops.zeros_like(components)), axis=1)

    def _scores(self, x: Tensor, present: Tensor) -> Tensor:
        """f of the components, (batch, components, *grid, features) -> (batch, components); −10⁹ for an empty one."""
        positions = list(range(2, len(x.shape) - 1))
        for axis in positions:
            x = kops.concatenate([kops.take(x, [-1], axis=axis), x, kops.take(x, [0], axis=axis)], axis=axis)
        # not keras.ops.conv: on a batch of none oneDNN (TF 2.21) gives it another shape
        convolved = sum(
            matmul(x[(slice(None), slice(None), *(slice(o, o - 2 or None) for o in place))], self.W[place])
            for place in itertools.product(range(3), repeat=len(positions))
        )
        counts = kops.expand_dims(kops.cast(present, x.dtype), -1)
        n = kops.sum(counts, axis=positions)
        mean = ops.divide(kops.sum(kops.relu(convolved + self.b) * counts, axis=positions), n)
        return kops.where(n[..., 0] > 0, matmul(mean, self.v)[..., 0], -1e9)

    def _soft(self, scores: Tensor) -> Tensor:
        u = keras.random.uniform(kops.shape(scores), minval=1e-7, dtype=scores.dtype, seed=self.seed_generator)
        return kops.softmax((scores - kops.log(-kops.log(u))) / self.temperature, axis=-1)
