"""A learned average of a network's layers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.errors import KpoolError, SpecError
from kpool.layout import channels_last
from kpool.ops import Tensor
from kpool.parameters import RegionSpec
from kpool.reductions import SoftmaxSum
from kpool.region.base import Shape
from kpool.region.lined import Lined


class LayerMeanPooling(kpool.Pooling, name="layer_mean"):
    """A learned average of what stands along one axis: the hidden layers of a network, stacked.

    y = γ Σ softmax(w)_l x_l, or γ Σ w_l x_l / Σ w_l

    A weight belongs to its layer, whichever others count; at first all are the same, and y is the plain average.

    Args:
        weighting: "softmax" as in ELMo; "raw" as in sentence-transformers, where Σ w may come near 0: the answer is
            large there, and 0 where it is 0.
        layer_start: The layers before this one are left out; 0 is the first, often the embeddings.
        scale: Learn γ, from 1; otherwise it is 1.
        over: Which axis has the layers.

    Shape: (batch, layers, steps, features) -> (batch, steps, features)
    Empty: 0.
    Raises: KpoolError if the number of layers is not known; SpecError if none is left, or if it changes later.
    Source: Peters et al. 2018 (ELMo), arXiv:1802.05365, eq. 1.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("axis",)

    def __init__(
        self,
        weighting: Literal["softmax", "raw"] = "softmax",
        layer_start: Annotated[int, Ge(0)] = 0,
        scale: bool = True,
        over: RegionSpec = "axis(1)",
        **kwargs: Any,
    ) -> None:
        super().__init__(over=over, **kwargs)
        self.weighting = weighting
        self.layer_start = layer_start
        self.scale = scale

    def build(self, input_shape: Shape) -> None:
        layers = self._length(input_shape)
        if layers is None:
            raise KpoolError(f"layer_mean has a weight for each layer: {self.region} of {input_shape} must be known")
        if layers <= self.layer_start:
            raise SpecError(f"layer_mean(layer_start={self.layer_start}) leaves none of {layers} layers")
        self.layers = layers
        super().build(input_shape)

    def check_door(self, shape: Shape, mask: Tensor | None, weights: Tensor | None, regions: Tensor | None) -> None:
        """Refuse another number of layers than it has weights for."""
        super().check_door(shape, mask, weights, regions)
        layers = self._length(shape)
        if self.built and layers not in (self.layers, None):
            raise SpecError(
                f"layer_mean was built for {self.layers} layers; {self.region} of the input {tuple(shape)} has {layers}"
            )

    def make_weights(self, features: int) -> None:
        drawn = "zeros" if self.weighting == "softmax" else "ones"
        self.w = self.add_weight(name="w", shape=(self.layers - self.layer_start,), initializer=drawn)
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="ones") if self.scale else 1.0

    def pool(self, bags: Bags) -> Tensor:
        bags = self._from_start(bags)
        x = bags.elements
        w = kops.expand_dims(self.w, -1) + kops.zeros_like(x[..., :1])
        if self.weighting == "softmax":
            return self.gamma * SoftmaxSum(w, x).over(bags)
        total = bags.sum(w)
        return self.gamma * ops.divide(bags.sum(w, x, of=kops.multiply), kops.repeat(total, x.shape[-1], axis=-1))

    def _length(self, shape: Shape) -> int | None:
        """How many layers an input of a shape has."""
        shape = channels_last(shape, self.data_format, self.strategy_name)
        self.region.grid(shape[1:-1])  # refuses an axis that is not there
        axis: int = self.region.arguments["index"]
        return shape[axis]

    def _from_start(self, bags: Bags) -> Bags:
        """The bags without the layers before the start; of `axis`, whose elements are (batch, *grid, layers, …)."""
        if not self.layer_start:
            return bags
        counted, weights = (x if x is None else x[..., self.layer_start :] for x in (bags.counted, bags.weights))
        return Lined(bags.elements[..., self.layer_start :, :], counted, weights)
