"""The mean and a learned number of standard deviations."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor, matmul
from kpool.parameters import RegionSpec
from kpool.reductions import Mean, Moments
from kpool.region.everything import Everything


class GaussianPooling(kpool.Pooling, name="gaussian"):
    """Local Gaussian pooling: the mean of a window and some of its standard deviations, how many the whole map says.

    y = μ_R + η σ_R,  η = softplus(m + s ε), ε ~ N(0, 1) in training and 0 otherwise;
    m = BN(W_m h), s = sigmoid(BN(W_s h)), h = relu(BN(W_h μ_map)), σ_R² = Σ (x − μ_R)² / n

    The batch norms leave out examples without a counted element. η > 0, so y lies above the mean. σ_R is taken in two
    passes, and has no gradient where it is 0: the authors' √max(E[x²] − E[x]², 10⁻⁶) loses its digits.

    Args:
        noise: Where ε is drawn anew: for every window ("windows"), for every feature of an example ("features"), or
            nowhere ("off").
        seed: Of the draws.
        over: The windows.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Source: Kobayashi 2019, Gaussian-Based Pooling for Convolutional Neural Networks (NeurIPS), the iSP-Gaussian.
    """

    mergeable = False
    stochastic = True
    learned_statistics = True
    only_over = ("window",)

    def __init__(
        self,
        noise: Literal["windows", "features", "off"] = "windows",
        seed: int | None = None,
        over: RegionSpec = "window(2)",
        **kwargs: Any,
    ) -> None:
        super().__init__(over=over, **kwargs)
        self.noise = noise
        self.seed_generator = keras.random.SeedGenerator(seed)

    def make_weights(self, features: int) -> None:
        hidden = max(features // 2, 1)
        for name, shape in (("W_h", (features, hidden)), ("W_m", (hidden, features)), ("W_s", (hidden, features))):
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer="glorot_uniform"))
        self.norm_h, self.norm_m, self.norm_s = (
            self._norm(name, n) for name, n in zip("hms", (hidden, features, features), strict=True)
        )

    def pool(self, bags: Bags) -> Tensor:
        local = Moments(bags.elements).over(bags)
        η = kops.softplus(self._number(bags, local.mean))
        return local.mean + η * ops.sqrt(local.variance())

    def _number(self, bags: Bags, like: Tensor) -> Tensor:
        """m + s ε, for windows laid out as in `like`."""
        whole = Everything().bags(bags.elements, bags.counted, bags.weights)
        counts = whole.size[:, 0] > 0

        def normed(x: Tensor, weights: Tensor, norm: keras.layers.BatchNormalization) -> Tensor:
            return norm(matmul(x, weights), training=bags.training, mask=counts)

        h = kops.relu(normed(Mean(whole.elements).over(whole), self.W_h, self.norm_h))
        m = self._laid_out(normed(h, self.W_m, self.norm_m), bags)
        if not bags.training or self.noise == "off":
            return m
        s = self._laid_out(kops.sigmoid(normed(h, self.W_s, self.norm_s)), bags)
        shape = kops.shape(like if self.noise == "windows" else m)
        return m + s * keras.random.normal(shape, dtype=m.dtype, seed=self.seed_generator)

    def _laid_out(self, x: Tensor, bags: Bags) -> Tensor:
        return ops.reshape(x, (-1, *[1] * (bags.axis - 1), x.shape[-1]))

    def _norm(self, name: str, features: int) -> keras.layers.BatchNormalization:
        norm = keras.layers.BatchNormalization(name=f"norm_{name}", dtype=ops.accumulator(self.compute_dtype))
        norm.build((None, features))
        return norm
