"""Mean and standard deviation of each group of features, with weights of its own."""

from __future__ import annotations

import math
from typing import Annotated, Any

from keras import ops as kops
from keras.initializers import RandomUniform

import kpool
from kpool import ops
from kpool.ops import Tensor, contract, divisible, merge_heads, split_heads
from kpool.parameters import Between, Count
from kpool.reductions import WeightedMoments, WeightedMomentsValue


class MultiHeadStatsPooling(kpool.Pooling, name="multi_head_stats"):
    """Mean and standard deviation of each group of features (a head), with weights from that group alone: MHASTP.

    y = [μ; √(Σ α (x − μ)²)],  μ = Σ α x,  α = softmax(vᵀ tanh(W x + b)) or softmax(vᵀ x),  of each head's part of x

    Each query asks all heads anew, with a W, b and v of its own (MQMHASTP); the answers stand query by query, all μ
    before all σ. A constant added to each score cancels in the softmax and is left out.

    Args:
        heads: Groups of features, which must divide by their number.
        queries: How many; MQMHASTP takes 2, with 8 heads and per_channel.
        layers: 2 for the network with tanh, 1 for a linear one.
        units: Width of the network with tanh.
        per_channel: Weigh each feature of a head by itself (d_s > 1 in WeSpeaker); otherwise all alike.

    Shape: (bag, features) -> (2 · queries · features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: India et al. 2019, arXiv:1906.09890, for heads; Zhao et al. 2022 (MQMHASTP), arXiv:2110.05042, sec. 2.
    """

    def __init__(
        self,
        heads: Count = 2,
        queries: Count = 1,
        layers: Annotated[int, Between(1, 2)] = 2,
        units: Count = 64,
        per_channel: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.queries = queries
        self.layers = layers
        self.units = units
        self.per_channel = per_channel

    def output_features(self, features: int) -> int:
        return 2 * self.queries * features

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        part = features // self.heads
        each, scores = (self.queries, self.heads), part if self.per_channel else 1
        if self.layers == 2:
            drawn = _glorot(part, self.units)
            self.W = self.add_weight(name="W", shape=(part, *each, self.units), initializer=drawn)
            self.b = self.add_weight(name="b", shape=(*each, self.units), initializer="zeros")
        seen = self.units if self.layers == 2 else part
        self.v = self.add_weight(name="v", shape=(seen, *each, scores), initializer=_glorot(seen, scores))

    def lift(self, x: Tensor) -> WeightedMoments:
        x = split_heads(x, self.heads)
        if self.layers == 2:
            hidden = kops.tanh(contract("hd,dqhu->qhu", x, self.W) + self.b)
            scores = contract("qhu,uqhs->qhs", hidden, self.v)
        else:
            scores = contract("hd,dqhs->qhs", x, self.v)
        return WeightedMoments(scores, kops.expand_dims(x, -3))

    def lower(self, moments: WeightedMomentsValue) -> Tensor:
        both = (moments.mean, ops.sqrt(moments.variance))
        return kops.concatenate([merge_heads(merge_heads(part)) for part in both], axis=-1)


def _glorot(inputs: int, outputs: int) -> RandomUniform:
    """Of each head's own matrix; Keras's would count the heads among the inputs."""
    bound = math.sqrt(6 / (inputs + outputs))
    return RandomUniform(-bound, bound)
