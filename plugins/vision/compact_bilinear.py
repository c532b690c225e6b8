"""The products of all pairs of features, hashed into fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.reductions import Gram, GramValue


class CompactBilinearPooling(kpool.Pooling, name="compact_bilinear"):
    """Bilinear pooling in fewer features: pairs that hash alike are added up, with signs (Tensor Sketch).

    y = z / ‖z‖₂,  z = sgn(φ) √|φ|,  φ_d = Σ_{ij: h₁(i) + h₂(j) ≡ d} s₁(i) s₂(j) G_ij,  G = Σ x xᵀ

    The paper convolves the sketches of every element by FFT. As the sum over elements goes first here, φ is one sum
    over G, and a feature of φ that no pair hits is 0, not the FFT's 10⁻⁷ (which the root would raise to 10⁻⁴).

    Args:
        width: How many features; hashes go modulo it.
        seed: Of the hashes h and signs s, which are kept as weights that are not trained.

    Shape: (bag, features) -> (width,)
    Empty: 0.
    Source: Gao et al. 2016, arXiv:1511.06062, alg. 2.
    """

    def __init__(self, width: Count = 8192, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.seed = seed

    def output_features(self, features: int) -> int:
        return self.width

    def make_weights(self, features: int) -> None:
        rng = np.random.default_rng(self.seed)
        h, s = rng.integers(self.width, size=(2, features)), rng.choice([-1.0, 1.0], size=(2, features))
        self.h = self.add_weight(name="h", shape=h.shape, initializer=_values(h), trainable=False, dtype="int32")
        self.s = self.add_weight(name="s", shape=s.shape, initializer=_values(s), trainable=False)

    def lift(self, x: Tensor) -> Gram:
        return Gram(x)

    def lower(self, gram: GramValue) -> Tensor:
        sketch = self._sketched(gram.coarse) + self._sketched(gram.rest)
        return ops.unit(kops.sign(sketch) * ops.sqrt(kops.abs(sketch)))

    def _sketched(self, gram: Tensor) -> Tensor:
        """(…, features, features) -> (…, width)"""
        bins = (kops.expand_dims(self.h[0], 1) + self.h[1]) % self.width
        pairs = kops.moveaxis(ops.merge_heads(gram * kops.expand_dims(self.s[0], 1) * self.s[1]), -1, 0)
        return kops.moveaxis(ops.segment_sum(pairs, ops.reshape(bins, (-1,)), self.width), 0, -1)


def _values(values: np.ndarray) -> Any:
    """An initializer that gives the values."""
    return lambda shape, dtype: kops.convert_to_tensor(values, dtype=dtype)
