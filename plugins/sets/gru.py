"""The last state of a gated recurrent network."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, fold_steps, matmul
from kpool.parameters import Count


class GRUPooling(kpool.Pooling, name="gru"):
    """The last state of a GRU that reads the counted elements in order.

    z, r = σ(W x_t + U h_{t−1} + b),  h̃ = tanh(W_h x_t + U_h (r ⊙ h_{t−1}) + b_h),  h_t = z h_{t−1} + (1 − z) h̃

    The weights are `W_forward`, `U_forward`, `b_forward`, and the same of `backward`; gates stand in the order z r h.
    It carries its state past whatever does not count: padding on either side and gaps change nothing. A weight only
    says whether an element counts.

    Args:
        units: The width of h; the features' if none is given.
        bidirectional: A second GRU reads from the last element to the first, and its last state stands beside.
        reset: "before": r is taken to h before U_h, as in the paper; "after": r ⊙ (U_h h_{t−1} + b'_h), as in cuDNN
            and PyTorch, with a bias b' for U.

    Shape: (bag, features) -> (units,), or (2 · units,) in both directions
    Empty: 0.
    Source: Cho et al. 2014, arXiv:1406.1078, eq. 5 to 8, where there is no b.
    """

    permutation_invariant = False
    mergeable = False
    weights_repeat = False
    deep = True
    lowers = False

    def __init__(
        self,
        units: Count | None = None,
        bidirectional: bool = False,
        reset: Literal["before", "after"] = "before",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.bidirectional = bidirectional
        self.reset = reset

    def output_features(self, features: int) -> int:
        return (self.units or features) * (2 if self.bidirectional else 1)

    def make_weights(self, features: int) -> None:
        units = self.units or features
        for direction in self._directions:
            made = {
                "W": self.add_weight(name=f"W_{direction}", shape=(features, 3 * units), initializer="glorot_uniform"),
                "U": self.add_weight(name=f"U_{direction}", shape=(units, 3 * units), initializer="orthogonal"),
                "b": self.add_weight(name=f"b_{direction}", shape=(3 * units,), initializer="zeros"),
            }
            if self.reset == "after":
                made["b_h"] = self.add_weight(name=f"b_h_{direction}", shape=(units,), initializer="zeros")
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
        """The last state, (batch, *grid, units), for (steps, batch, *grid, features)."""
        w, u, b = (getattr(self, f"{letter}_{direction}") for letter in "WUb")
        inputs, steps, units = matmul(x, w) + b, kops.shape(x)[0], u.shape[0]
        u_gates, u_h = u[:, : 2 * units], u[:, 2 * units :]

        def step(t: Tensor, h: Tensor) -> tuple[Tensor]:
            place = t if direction == "forward" else steps - 1 - t
            x_z, x_r, x_h = kops.split(inputs[place], 3, axis=-1)
            h_z, h_r = kops.split(matmul(h, u_gates), 2, axis=-1)
            z, r = kops.sigmoid(x_z + h_z), kops.sigmoid(x_r + h_r)
            if self.reset == "before":
                candidate = kops.tanh(x_h + matmul(r * h, u_h))
            else:
                candidate = kops.tanh(x_h + r * (matmul(h, u_h) + getattr(self, f"b_h_{direction}")))
            return (kops.where(counts[place], candidate + z * (h - candidate), h),)

        start = kops.zeros((*kops.shape(x)[1:-1], units), x.dtype)
        (h,) = fold_steps(steps, step, (start,))
        return h
