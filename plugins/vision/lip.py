"""Average weighted by a learned importance of every value."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool.ops import Tensor, matmul
from kpool.parameters import Positive
from kpool.reductions import SoftmaxSum


class LIPPooling(kpool.Pooling, name="lip"):
    """Local importance-based pooling: an average in which every value weighs as much as a learned logit says.

    y = Σ e^g x / Σ e^g,  g = scale · σ(W x + b)

    W x + b is the paper's projection module as a 1×1 convolution (the authors' code convolves 3×3) and without the
    instance norm behind it, with which a window would depend on all of the map. W starts as 0: the plain average.

    Args:
        scale: How far apart logits can be: no value weighs more than e^scale times another.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Gao et al. 2019, arXiv:1908.04156, sec. 3.
    """

    def __init__(self, scale: Positive = 12.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def make_weights(self, features: int) -> None:
        self.W = self.add_weight(name="W", shape=(features, features), initializer="zeros")
        self.b = self.add_weight(name="b", shape=(features,), initializer="zeros")

    def lift(self, x: Tensor) -> SoftmaxSum:
        # the logits less scale / 2, which cancels: about 0 they keep more digits
        g = self.scale / 2 * kops.tanh((matmul(x, self.W) + self.b) / 2)
        return SoftmaxSum(scores=g, values=x)
