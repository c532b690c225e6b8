"""Average of each class's probabilities, with weights of its own that are learned."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class AttentionSoftmaxPooling(kpool.Pooling, name="attention_softmax"):
    """Average of each class's probabilities, with weights of its own that are learned: the classifier is part of it.

    y = Σ w ⊙ p / Σ w,  p = σ(Uᵀ x + c),  w = exp(Wᵀ x)

    Args:
        classes: How many; without it the elements are probabilities already, p = x, and as many as there are features.
        attention: w. "softmax" is exp(Wᵀ x); "sigmoid" is σ(Wᵀ x + b), which cannot outweigh all others.
        initial: "mean" starts with W = 0, the plain average; "random" draws it.

    Shape: (bag, features) -> (classes,), or (features,) without `classes`
    Empty: 0.
    Source: Wang, Li & Metze 2019, arXiv:1810.09050, table 1; Kong et al. 2018, arXiv:1711.00927, for the sigmoid.
    """

    def __init__(
        self,
        classes: Count | None = None,
        attention: Literal["softmax", "sigmoid"] = "softmax",
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.attention = attention
        self.initial = initial

    def output_features(self, features: int) -> int:
        return self.classes or features

    def make_weights(self, features: int) -> None:
        classes = self.output_features(features)
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.W = self.add_weight(name="W", shape=(features, classes), initializer=drawn)
        if self.attention == "sigmoid":
            self.b = self.add_weight(name="b", shape=(classes,), initializer="zeros")
        if self.classes:
            self.U = self.add_weight(name="U", shape=(features, classes), initializer="glorot_uniform")
            self.c = self.add_weight(name="c", shape=(classes,), initializer="zeros")

    def lift(self, x: Tensor) -> SoftmaxSum:
        p = kops.sigmoid(matmul(x, self.U) + self.c) if self.classes else x
        scores = matmul(x, self.W)
        return SoftmaxSum(kops.log_sigmoid(scores + self.b) if self.attention == "sigmoid" else scores, p)
