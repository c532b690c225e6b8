"""The last output of a recurrent network with a memory."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, fold_steps, matmul
from kpool.parameters import Count


class LSTMPooling(kpool.Pooling, name="lstm"):
    """The last output of an LSTM that reads the counted elements in order.

    [i; f; g; o] = W x_t + U h_{t−1} + b,  c_t = σ(f) c_{t−1} + σ(i) tanh(g),  h_t = σ(o) tanh(c_t),  y = h_n

    The weights are `W_forward`, `U_forward`, `b_forward`, and the same of `backward`; gates stand in the order i f g o.
    It carries its state past whatever does not count: padding on either side and gaps change nothing. A weight only
    says whether an element counts. For sets, shuffle the elements in training, as GraphSAGE does: their order matters.

    Args:
        units: The width of h; the features' if none is given.
        bidirectional: A second LSTM reads from the last element to the first, and its last output stands beside.

    Shape: (bag, features) -> (units,), or (2 · units,) in both directions
    Empty: 0.
    Source: Hochreiter & Schmidhuber 1997 and Gers et al. 2000, without peepholes, as Keras has it: b starts as 1 for
        the forget gate. As a pooling: Hamilton et al. 2017 (GraphSAGE), arXiv:1706.02216, sec. 3.3.
    """

    permutation_invariant = False
    mergeable = False
    weights_repeat = False
    deep = True
    lowers = False

    def __init__(self, units: Count | None = None, bidirectional: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.bidirectional = bidirectional

    def output_features(self, features: int) -> int:
        return (self.units or features) * (2 if self.bidirectional else 1)

    def make_weights(self, features: int) -> None:
        units = self.units or features
        for direction in self._directions:
            made = {
                "W": self.add_weight(name=f"W_{direction}", shape=(features, 4 * units), initializer="glorot_uniform"),
                "U": self.add_weight(name=f"U_{direction}", shape=(units, 4 * units), initializer="orthogonal"),
                "b": self.add_weight(name=f"b_{direction}", shape=(4 * units,), initializer=_forget_nothing),
            }
            for letter, weight in made.items():
                setattr(self, f"{letter}_{direction}", weight)

    def pool(self, bags: Bags) -> Tensor:
        # The steps stand first, so that each is one slice.
        x = kops.moveaxis(bags.line_up(bags.elements, 0.0), bags.axis, 0)
        counts = kops.expand_dims(kops.moveaxis(bags.present, bags.axis, 0), -1)
        answers = [self._read(x, counts, direction) for direction in self._directions]
        return kops.concatenate(answers, axis=-1)

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("forward", "backward") if self.bidirectional else ("forward",)

    def _read(self, x: Tensor, counts: Tensor, direction: str) -> Tensor:
        """The last output, (batch, *grid, units), for (steps, batch, *grid, features)."""
        w, u, b = (getattr(self, f"{letter}_{direction}") for letter in "WUb")
        inputs, steps = matmul(x, w) + b, kops.shape(x)[0]

        def step(t: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
            place = t if direction == "forward" else steps - 1 - t
            i, f, g, o = kops.split(inputs[place] + matmul(h, u), 4, axis=-1)
            new_c = kops.sigmoid(f) * c + kops.sigmoid(i) * kops.tanh(g)
            new_h = kops.sigmoid(o) * kops.tanh(new_c)
            return kops.where(counts[place], new_h, h), kops.where(counts[place], new_c, c)

        start = kops.zeros((*kops.shape(x)[1:-1], u.shape[0]), x.dtype)
        h, _ = fold_steps(steps, step, (start, start))
        return h


def _forget_nothing(shape: tuple[int, ...], dtype: str) -> Tensor:
    """1 for the forget gate's bias, 0 for the others (Jozefowicz et al. 2015)."""
    units = shape[0] // 4
    return kops.concatenate([kops.zeros(units, dtype), kops.ones(units, dtype), kops.zeros(2 * units, dtype)])
