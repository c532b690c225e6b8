"""The square root of the covariance of the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor, matmul
from kpool.parameters import Count, Fraction
from kpool.reductions import SecondMoment, SecondMomentValue


class CovariancePooling(kpool.Pooling, name="covariance"):
    """The matrix square root of the features' covariance, by Newton–Schulz iterations; its upper triangle.

    y = triu(√(tr Σ) Y),  Y ≈ (Σ / tr Σ)^(1/2),  Σ = Σ_t (x − μ)(x − μ)ᵀ / n

    The iterations are matrix products only, and stop short of the root: of 8 independent features and 49 elements
    ‖S² − Σ‖ / ‖Σ‖ is about 0.2 after 3, 0.01 after 5, 10⁻⁵ after 8. A bag without spread (tr Σ = 0) gives 0.

    Args:
        iterations: How many; the paper takes 5.
        ridge: Adds ridge · tr Σ / features to the diagonal of Σ, for bags of fewer elements than features.

    Shape: (bag, features) -> (features · (features + 1) / 2,), row by row
    Empty: 0.
    Source: Li et al. 2018 (iSQRT-COV), arXiv:1712.01034, sec. 3.2; the ridge is not in it.
    """

    deep = True

    def __init__(self, iterations: Count = 5, ridge: Fraction = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.iterations = iterations
        self.ridge = ridge

    def output_features(self, features: int) -> int:
        return features * (features + 1) // 2

    def lift(self, x: Tensor) -> SecondMoment:
        return SecondMoment(x)

    def lower(self, moment: SecondMomentValue) -> Tensor:
        covariance = moment.covariance
        features = covariance.shape[-1]
        eye = kops.eye(features, dtype=covariance.dtype)
        covariance = covariance + self.ridge / features * _trace(covariance) * eye
        trace = _trace(covariance)
        normal = ops.divide(covariance, trace + kops.zeros_like(covariance))
        root = ops.sqrt(trace) * _newton_schulz(normal, eye, self.iterations)
        places = np.ravel_multi_index(np.triu_indices(features), (features, features))
        return kops.take(ops.merge_heads(root), places, axis=-1)


def _trace(matrix: Tensor) -> Tensor:
    """(…, features, features) -> (…, 1, 1)"""
    return kops.sum(matrix * kops.eye(matrix.shape[-1], dtype=matrix.dtype), axis=(-2, -1), keepdims=True)


def _newton_schulz(matrix: Tensor, eye: Tensor, iterations: int) -> Tensor:
    """The square root y of a symmetric matrix whose eigenvalues lie in [0, 1], with z, that of its inverse."""
    # 3/2 y − 1/2 y p, not y (3 I − p) / 2: where I takes part in a product, 3 times as many digits are lost.
    # TensorFlow (2.21, CPU) corrupts memory for (batch, 1, n, n) times (n, n): no product is with `eye` itself
    # kops.subtract, not `-`: a JAX array on the left takes no KerasTensor, and a model is lowered with one
    y, z = 1.5 * matrix - 0.5 * (matmul(matrix, matrix)), kops.subtract(1.5 * eye, 0.5 * matrix)
    for _ in range(iterations - 1):
        p = matmul(z, y)
        y, z = 1.5 * y - 0.5 * (matmul(y, p)), 1.5 * z - 0.5 * (matmul(p, z))
    return y
