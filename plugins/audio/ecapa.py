"""Mean and standard deviation, each feature with weights of its own that know the whole bag."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import Moments, WeightedMoments
from kpool.region.lined import lined_up


class ECAPAPooling(kpool.Pooling, name="ecapa"):
    """Mean and standard deviation, each feature with weights of its own that know the whole bag: as in ECAPA-TDNN.

    y = [μ̃; √(Σ α ⊙ (x − μ̃)²)],  μ̃ = Σ α ⊙ x,  α = softmax(Vᵀ f(Wᵀ [x; μ; σ] + b)),  μ, σ the bag's plain statistics

    The paper's k, added to each score, cancels in the softmax and is left out. So is the batch normalisation that
    SpeechBrain and others, but not the paper, put into f: in training they take its statistics over padding too.

    Args:
        units: Width of the network.
        activation: f. "relu_tanh" is tanh(max(0, z)), as in SpeechBrain; "tanh" is WeSpeaker's, who found ReLU hard to
            train.
        context: Whether the weights see μ and σ.
        initial: "mean" starts with V = 0, as plain statistics; "random" draws it.

    Shape: (bag, features) -> (2 · features,)
    Empty: 0.
    Source: Desplanques et al. 2020, arXiv:2005.07143, sec. 3.1.
    """

    mergeable = False

    def __init__(
        self,
        units: Count = 128,
        activation: Literal["relu_tanh", "tanh", "relu"] = "relu_tanh",
        context: bool = True,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.f = [keras.activations.get(name) for name in activation.split("_")]
        self.context = context
        self.initial = initial

    def output_features(self, features: int) -> int:
        return 2 * features

    def make_weights(self, features: int) -> None:
        seen = 3 * features if self.context else features
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.W = self.add_weight(name="W", shape=(seen, self.units), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros")
        self.V = self.add_weight(name="V", shape=(self.units, features), initializer=drawn)

    def pool(self, bags: Bags) -> Tensor:
        features = bags.elements.shape[-1]
        hidden = bags.line_up(matmul(bags.elements, self.W[:features, :]), 0.0) + self.b
        if self.context:
            hidden = hidden + kops.expand_dims(matmul(self._context(bags), self.W[features:, :]), bags.axis)
        for f in self.f:
            hidden = f(hidden)
        x = bags.line_up(bags.elements, 0.0)
        moments = WeightedMoments(matmul(hidden, self.V), x).over(lined_up(bags, x))
        return kops.concatenate([moments.mean, ops.sqrt(moments.variance)], axis=-1)

    def _context(self, bags: Bags) -> Tensor:
        """[μ; σ] of each bag."""
        moments = Moments(bags.elements).over(bags)
        return kops.concatenate([moments.mean, ops.sqrt(moments.variance())], axis=-1)
