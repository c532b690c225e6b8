"""Residuals to learned centroids, softly assigned."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from keras import ops as kops
from keras.initializers import RandomNormal

import kpool
from kpool import ops
from kpool.errors import KpoolError
from kpool.ops import Tensor
from kpool.reductions import Products, Sum


class NetVLADPooling(kpool.Pooling, name="netvlad"):
    """Residuals to learned centroids, softly assigned; each centroid's, then all, scaled to unit length.

    y = V / ‖V‖₂,  V_k = U_k / ‖U_k‖₂,  U_k = Σ a_k (x − c_k),  a = softmax(wᵀ x + b)

    U is taken as Σ a xᵀ − c Σ a: no residual of a single element is kept. The paper's elements have unit length
    already; pool `l2_norm | netvlad` for that. `adapt` takes the weights from data, as the paper does.

    Args:
        clusters: How many centroids.

    Shape: (bag, features) -> (clusters · features,), centroid by centroid
    Empty: 0.
    Source: Arandjelović et al. 2016, arXiv:1511.07247, eq. 4 (there with αs written out: eq. 2 and 3).
    """

    def __init__(self, clusters: Annotated[int, Ge(2)] = 64, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clusters = clusters

    def output_features(self, features: int) -> int:
        return self.clusters * features

    def make_weights(self, features: int) -> None:
        self.w = self.add_weight(name="w", shape=(features, self.clusters), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(self.clusters,), initializer="zeros")
        drawn = RandomNormal(stddev=1 / math.sqrt(features))
        self.c = self.add_weight(name="c", shape=(self.clusters, features), initializer=drawn)

    def lift(self, x: Tensor) -> tuple[Products, Sum]:
        a = ops.softmax(ops.matmul_in_parts(x, self.w) + self.b)
        return Products(a, x), Sum(a)

    def lower(self, products: Tensor, assigned: Tensor) -> Tensor:
        residuals = products - self.c * kops.expand_dims(assigned, -1)
        return ops.unit(ops.merge_heads(ops.unit(residuals)))

    def adapt(self, data: Any, mask: Any = None, seed: int = 0) -> None:
        """Set c to the k-means centroids of the data, and w = 2α c, b = −α ‖c‖², the assignment by distance.

        α makes the largest assignment 100 times the next one, where that one is as much farther away as on average.

        Args:
            data: Elements, (…, features), at least as many as there are clusters.
            mask: Which of them count, (…); all if none is given.
            seed: Of k-means.

        Raises:
            KpoolError: too few elements, or scikit-learn is not installed.
        """
        elements = np.asarray(data, "float64")
        elements = elements[np.ones(elements.shape[:-1], bool) if mask is None else np.asarray(mask, bool)]
        if len(elements) < self.clusters:
            raise KpoolError(f"{self.strategy_name}: {len(elements)} elements are too few for {self.clusters} clusters")
        if not self.built:
            self.build((None, None, elements.shape[-1]))
        c = _centroids(elements, self.clusters, seed)
        α = _sharpness(elements, c)
        self.c.assign(c)
        self.w.assign(2 * α * c.T)
        self.b.assign(-α * np.sum(c**2, axis=1))


def _centroids(elements: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    try:
        from sklearn.cluster import KMeans
    except ImportError as error:
        raise KpoolError('k-means comes with scikit-learn: python -m pip install "kpool[lab]"') from error
    return np.asarray(KMeans(clusters, n_init=1, random_state=seed).fit(elements).cluster_centers_)


def _sharpness(elements: np.ndarray, c: np.ndarray) -> float:
    """α = ln 100 / the mean gap between the squared distances to the two nearest centroids; 1 if there is no gap."""
    # ‖x‖² is the same for every centroid
    nearest = np.partition(np.sum(c**2, axis=1) - np.matmul(2 * elements, c.T), 1, axis=1)
    gap = float(np.mean(nearest[:, 1] - nearest[:, 0]))
    return math.log(100) / gap if gap > 0 else 1.0
