"""A value drawn with a probability in proportion to itself."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor


class StochasticPooling(kpool.Pooling, name="stochastic"):
    """Draws a value of each feature in training; the expected value otherwise.

    Training: y = x_i, i ~ x_i / Σ x;  inference: y = Σ x² / Σ x

    Values below 0 count as 0: the paper has a rectifier before it. Where bags overlap, one draw of noise serves all
    bags that an element is in; in each bag it has the probability it should.

    Args:
        seed: Of the draws.

    Shape: (bag, features) -> (features,)
    Empty: 0, as for values that are all 0.
    Source: Zeiler & Fergus 2013, arXiv:1301.3557, sec. 3.
    """

    mergeable = False
    stochastic = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def pool(self, bags: Bags) -> Tensor:
        x = kops.maximum(bags.elements, 0)
        return self._drawn(bags, x) if bags.training else self._expected(bags, x)

    def _expected(self, bags: Bags, x: Tensor) -> Tensor:
        greatest = kops.stop_gradient(bags.max(x))
        greatest = kops.where(kops.isfinite(greatest), greatest, 1.0)  # ∞ and NaN are to show
        squares = bags.sum(x, of=lambda x, m: ops.divide(x, m) * x, given=[greatest])
        return ops.divide(squares, bags.sum(x, of=ops.divide, given=[greatest]))

    def _drawn(self, bags: Bags, x: Tensor) -> Tensor:
        """Of exponential waiting times with the rates x, each the first to end with probability x / Σ x."""
        u = keras.random.uniform(kops.shape(x), minval=1e-7, dtype=x.dtype, seed=self.seed_generator)
        rate = x if bags.weights is None else x * ops.expand(bags.weights, x)
        speed = kops.stop_gradient(rate / -kops.log(u))
        fastest = bags.max(speed)
        drawn = bags.sum(speed, x, of=lambda s, x, m: kops.where(s == m, x, 0), given=[fastest])
        return ops.divide(drawn, bags.sum(speed, of=lambda s, m: kops.cast(s == m, x.dtype), given=[fastest]))
