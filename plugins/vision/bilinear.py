"""The products of all pairs of features."""

from __future__ import annotations

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.reductions import Gram, GramValue


class BilinearPooling(kpool.Pooling, name="bilinear"):
    """The products of all pairs of features, summed, rooted with their signs, and scaled to unit length.

    y = z / ‖z‖₂,  z = sgn(G) √|G|,  G = Σ x xᵀ

    Whether G is a sum or a mean makes no difference to y. The gradient of the root is taken as 0 where G is 0.

    Shape: (bag, features) -> (features²,), row by row
    Empty: 0.
    Source: Lin et al. 2015 (bilinear CNN), arXiv:1504.07889, sec. 3, with one network for both factors.
    """

    def output_features(self, features: int) -> int:
        return features**2

    def lift(self, x: Tensor) -> Gram:
        return Gram(x)

    def lower(self, gram: GramValue) -> Tensor:
        products = ops.merge_heads(gram.coarse + gram.rest)
        return ops.unit(kops.sign(products) * ops.sqrt(kops.abs(products)))
