"""A tree of learned filters."""

from __future__ import annotations

import math
from typing import Annotated, Any

from keras import ops as kops
from keras.initializers import RandomUniform

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Between, RegionSpec


class TreePooling(kpool.Pooling, name="tree"):
    """A tree of learned filters: its leaves weigh the places of a window, its gates choose softly between them.

    y = f_0(x);  f_m(x) = σ(ω_mᵀx) f_2m+1(x) + (1 − σ(ω_mᵀx)) f_2m+2(x) at a gate,  f_m(x) = v_mᵀx at a leaf

    Feature by feature; a place that does not count adds nothing, and a weight only says whether an element counts. At
    first the gates are half open, and the leaves weigh the places at random, by 1 / places on average.

    Args:
        depth: Levels of the tree, that of the leaves among them: 2^(depth − 1) leaves, and one gate fewer.
        per_channel: A tree a feature; otherwise one for all.

    Shape: (window, features) -> (features,)
    Empty: 0.
    Source: Lee et al. 2016, arXiv:1509.08985, sec. 3.2.
    """

    permutation_invariant = False
    mergeable = False
    weights_repeat = False
    only_over = ("window",)

    def __init__(
        self,
        depth: Annotated[int, Between(1, 8)] = 2,
        per_channel: bool = False,
        over: RegionSpec = "window(2)",
        **kwargs: Any,
    ) -> None:
        super().__init__(over=over, **kwargs)
        self.gates = 2 ** (depth - 1) - 1
        self.per_channel = per_channel

    def make_weights(self, features: int) -> None:
        places = math.prod(axis.size for axis in self.region.axes(self.position_axes))
        of_node = (places, features if self.per_channel else 1)
        if self.gates:
            self.ω = self.add_weight(name="omega", shape=(self.gates, *of_node), initializer="zeros")
        # Equal leaves would stay equal, and their gate shut off from the gradient
        drawn = RandomUniform(0, 2 / places)
        self.v = self.add_weight(name="v", shape=(self.gates + 1, *of_node), initializer=drawn)

    def pool(self, bags: Bags) -> Tensor:
        return self._node(0, bags.line_up(bags.elements, 0.0), bags.axis)

    def _node(self, m: int, x: Tensor, places: int) -> Tensor:
        if m >= self.gates:
            return kops.sum(self.v[m - self.gates] * x, axis=places)
        left, right = (self._node(2 * m + side, x, places) for side in (1, 2))
        # σ(s) = ½ + ½ tanh(s / 2): about s = 0 the tanh keeps its digits, the sigmoid of TensorFlow (2.21) does not
        a = kops.tanh(kops.sum(self.ω[m] * x, axis=places) / 2)
        return (left + right) / 2 + a * (left - right) / 2
