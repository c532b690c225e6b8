"""A query that a recurrent network asks of the set again and again."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum
from kpool.region.lined import lined_up


class Set2SetPooling(kpool.Pooling, name="set2set"):
    """A query that an LSTM asks of the set, again and again, and the answers it got.

    q_t = LSTM(q*_{t−1}),  r_t = Σ softmax(q_tᵀ x) · x,  q*_t = [q_t; r_t],  y = q*_steps

    q*_0 and the LSTM's state start from 0. Every bag has its queries to itself. The softmax takes the raw products,
    as in the paper: with wide inputs of spread 1 put a `scale` or a `layer_norm` before it.

    Args:
        steps: How often the set is asked.

    Shape: (bag, features) -> (2 · features,)
    Empty: 0.
    Source: Vinyals et al. 2016, arXiv:1511.06391, eq. 3 to 7.
    """

    mergeable = False
    deep = True

    def __init__(self, steps: Count = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps = steps

    def output_features(self, features: int) -> int:
        return 2 * features

    def make_weights(self, features: int) -> None:
        gates = 4 * features
        self.W = self.add_weight(name="W", shape=(2 * features, gates), initializer="glorot_uniform")
        self.U = self.add_weight(name="U", shape=(features, gates), initializer="orthogonal")
        self.b = self.add_weight(name="b", shape=(gates,), initializer=_forget_nothing)

    def pool(self, bags: Bags) -> Tensor:
        x = bags.line_up(bags.elements, 0.0)
        lined = lined_up(bags, x)
        q = c = r = kops.zeros_like(lined.sum(x))
        for _ in range(self.steps):
            q, c = self._lstm(kops.concatenate([q, r], axis=-1), q, c)
            scores = kops.sum(kops.expand_dims(q, lined.axis) * x, axis=-1, keepdims=True)
            r = SoftmaxSum(scores, x).over(lined)
        return kops.concatenate([q, r], axis=-1)

    def _lstm(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The next output and the next cell state; gates in Keras's order."""
        i, f, g, o = kops.split(matmul(x, self.W) + matmul(h, self.U) + self.b, 4, axis=-1)
        c = kops.sigmoid(f) * c + kops.sigmoid(i) * kops.tanh(g)
        return kops.sigmoid(o) * kops.tanh(c), c


def _forget_nothing(shape: tuple[int, ...], dtype: str) -> Tensor:
    """1 for the forget gate's bias, 0 for the others, as Keras's LSTM starts (Jozefowicz et al. 2015)."""
    part = shape[0] // 4
    return kops.concatenate([kops.zeros(part, dtype), kops.ones(part, dtype), kops.zeros(2 * part, dtype)])
