"""Several aggregations, each scaled by the size of its bag."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import MinLen
from keras import ops as kops
from keras.initializers import Constant

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import Count, Max, Min, Moments, MomentsValue

_EXPONENTS = {"identity": 0, "amplification": 1, "attenuation": -1}


class DegreeScalerPooling(kpool.Pooling, name="degree_scaler"):
    """Mean, max, min and deviation, each as it is, amplified in large bags and attenuated in them: PNA's aggregation.

    y = [(log(n + 1) / δ)^α · a(x)],  α ∈ {0, 1, −1},  a ∈ {μ, max, min, σ}

    The answers of all aggregations stand side by side for each scaler. δ is a weight that no training moves: give it,
    or let `adapt` measure it. Where the bags' size is the whole story, δ only sets the scale.

    Args:
        aggregators: Which of them, in which order. "std" is √(Σ (x − μ)² / n), without the paper's ε under the root.
        scalers: "identity" is α = 0, "amplification" 1, "attenuation" −1.
        delta: δ, the mean of log(n + 1) over the bags of the training data.

    Shape: (bag, features) -> (scalers · aggregators · features,)
    Empty: 0.
    Source: Corso et al. 2020 (PNA), arXiv:2004.05718, eq. 5 and 6.
    """

    def __init__(
        self,
        aggregators: Annotated[list[Literal["mean", "max", "min", "std"]], MinLen(1)] = ("mean", "max", "min", "std"),  # type: ignore[assignment]
        scalers: Annotated[list[Literal["identity", "amplification", "attenuation"]], MinLen(1)] = (  # type: ignore[assignment]
            "identity",
            "amplification",
            "attenuation",
        ),
        delta: Positive = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.aggregators = tuple(aggregators)
        self.scalers = tuple(scalers)
        self.initial = delta

    def output_features(self, features: int) -> int:
        return len(self.scalers) * len(self.aggregators) * features

    def make_weights(self, features: int) -> None:
        self.delta = self.add_weight(name="delta", shape=(), initializer=Constant(self.initial), trainable=False)

    def adapt(
        self, x: Tensor, mask: Tensor | None = None, weights: Tensor | None = None, regions: Tensor | None = None
    ) -> None:
        """Set δ to the mean of log(n + 1) over the bags of `x` that have a counted element."""
        x = kops.convert_to_tensor(x)
        if not self.built:
            self.build(x.shape)
        levels = self.cut(x, mask, weights, regions)
        logs = kops.concatenate([ops.reshape(kops.log(bags.count + 1), (-1,)) for bags in levels], axis=0)
        self.delta.assign(ops.divide(kops.sum(logs), kops.sum(kops.cast(logs > 0, logs.dtype))))

    def lift(self, x: Tensor) -> tuple[Moments, Max, Min, Count]:
        return Moments(x), Max(x), Min(x), Count()

    def lower(self, moments: MomentsValue, largest: Tensor, least: Tensor, count: Tensor) -> Tensor:
        answers = {"mean": moments.mean, "max": largest, "min": least, "std": ops.sqrt(moments.variance())}
        joined = kops.concatenate([answers[name] for name in self.aggregators], axis=-1)
        degree = kops.log(count + 1) / self.delta
        scales = {0: 1.0, 1: degree, -1: ops.divide(kops.ones_like(degree), degree)}
        return kops.concatenate([joined * scales[_EXPONENTS[name]] for name in self.scalers], axis=-1)
