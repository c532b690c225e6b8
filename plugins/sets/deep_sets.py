"""A sum of features of the elements, and a network behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import keras
from annotated_types import MinLen

import kpool
from kpool.ops import Tensor, matmul
from kpool.parameters import Activation, Count
from kpool.reductions import Mean, Sum


class DeepSetsPooling(kpool.Pooling, name="deep_sets"):
    """A network of each element, summed, and a network of the sum: any function of a set, if both are wide enough.

    y = ρ(Σ φ(x))

    φ is dense layers, an activation behind each; so is ρ, but its last layer is linear. The weights are `W_phi_0`,
    `b_phi_0`, `W_phi_1`, …, `W_rho_0`, ….

    Args:
        phi: The widths of φ's layers.
        rho: The widths of ρ's. None by default: the stages behind are ρ, as in `deep_sets | mlp([64, 10])`.
        activation: One of Keras's, by name.
        reduce: "sum" as in the paper; "mean" divides it by n, so that large sets answer in the range of small ones.

    Shape: (bag, features) -> (last of rho or, without it, of phi,)
    Empty: 0, not ρ(0).
    Source: Zaheer et al. 2017, arXiv:1703.06114, theorem 2 and sec. 3.
    """

    def __init__(
        self,
        phi: Annotated[list[Count], MinLen(1)] = (64, 64),  # type: ignore[assignment]
        rho: list[Count] = (),  # type: ignore[assignment]
        activation: Activation = "relu",
        reduce: Literal["sum", "mean"] = "sum",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.phi = tuple(phi)
        self.rho = tuple(rho)
        self.activation = activation
        self.reduce = reduce

    def output_features(self, features: int) -> int:
        return (self.rho or self.phi)[-1]

    def make_weights(self, features: int) -> None:
        self._make_layers("phi", features, self.phi)
        self._make_layers("rho", self.phi[-1], self.rho)

    def lift(self, x: Tensor) -> Sum | Mean:
        activation = keras.activations.get(self.activation)
        for i in range(len(self.phi)):
            x = activation(self._layer("phi", i, x))
        return Sum(x) if self.reduce == "sum" else Mean(x)

    def lower(self, pooled: Tensor) -> Tensor:
        activation = keras.activations.get(self.activation)
        for i in range(len(self.rho)):
            pooled = self._layer("rho", i, activation(pooled) if i else pooled)
        return pooled

    def _make_layers(self, network: str, features: int, widths: Sequence[int]) -> None:
        # Attributes, not lists: Keras would save what is in a list under names that follow from its place.
        for i, width in enumerate(widths):
            for letter, shape, drawn in (("W", (features, width), "glorot_uniform"), ("b", (width,), "zeros")):
                name = f"{letter}_{network}_{i}"
                setattr(self, name, self.add_weight(name=name, shape=shape, initializer=drawn))
            features = width

    def _layer(self, network: str, i: int, x: Tensor) -> Tensor:
        return matmul(x, getattr(self, f"W_{network}_{i}")) + getattr(self, f"b_{network}_{i}")
