"""Cosines as logits, and the losses that put a margin between classes."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Count, Positive


def cosine(units: Count, scale: Positive = 64.0, learned: bool = False, **kwargs: Any) -> keras.layers.Layer:
    """A classifier by angle: s · cos(x, w_k) for each class, and 0 for x = 0. It computes in float32.

    A margin needs labels, which a layer is not given: train with `ArcFaceLoss` or `CosFaceLoss` of this module, with
    the same scale. The logits are without margin, at training as at inference, and metrics are right for both.

    Args:
        units: The number of classes.
        scale: s; 64 as in ArcFace and CosFace. Without a margin, 10 to 30 are usual.
        learned: Learn s, from there; not together with those losses.

    Shape: (batch, …, features) -> (batch, …, units)
    Source: Wang et al. 2017 (NormFace), arXiv:1704.06369, sec. 3.3; Gidaris & Komodakis 2018, arXiv:1804.09458, for a
        learned s.
    """
    return Cosine(units, scale, learned, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class Cosine(keras.layers.Layer):
    """s · x / ‖x‖ · W / ‖W‖, with a column of W for each class."""

    def __init__(self, units: int, scale: float = 64.0, learned: bool = False, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.units = units
        self.scale = scale
        self.learned = learned

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        dtype = ops.accumulator(self.compute_dtype)
        self.W = self.add_weight(
            name="W", shape=(input_shape[-1], self.units), initializer="glorot_uniform", dtype=dtype
        )
        first = keras.initializers.Constant(self.scale)
        self.s = self.add_weight(name="s", shape=(), initializer=first, dtype=dtype) if self.learned else self.scale

    def call(self, inputs: Tensor) -> Tensor:
        x = kops.cast(inputs, ops.accumulator(self.compute_dtype))
        cosines = ops.matmul(ops.unit(x), ops.unit(kops.convert_to_tensor(self.W), axis=0))
        return kops.cast(self.s * cosines, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "scale": self.scale, "learned": self.learned}


class _MarginLoss(keras.losses.Loss):
    """Cross-entropy of class numbers, (batch, …), and logits s · cos θ, (batch, …, classes), with a margin."""

    def __init__(self, margin: float, scale: float, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.margin = margin
        self.scale = scale

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_pred = kops.cast(y_pred, ops.accumulator(keras.backend.standardize_dtype(y_pred.dtype)))
        y_true = kops.cast(kops.reshape(y_true, kops.shape(y_pred)[:-1]), "int32")
        right = kops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
        harder = self.scale * self.with_margin(kops.clip(y_pred / self.scale, -1, 1))
        return -kops.sum(right * kops.log_softmax(kops.where(right > 0, harder, y_pred)), axis=-1)

    def with_margin(self, cosine: Tensor) -> Tensor:
        """What stands for the cosine of the right class."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "margin": self.margin, "scale": self.scale}


@keras.saving.register_keras_serializable("kpool")
class CosFaceLoss(_MarginLoss):
    """cos θ − m for the right class. Source: Wang et al. 2018, arXiv:1801.09414, eq. 4."""

    def __init__(self, margin: float = 0.35, scale: float = 64.0, name: str = "cos_face", **kwargs: Any) -> None:
        super().__init__(margin, scale, name, **kwargs)

    def with_margin(self, cosine: Tensor) -> Tensor:
        return cosine - self.margin


@keras.saving.register_keras_serializable("kpool")
class ArcFaceLoss(_MarginLoss):
    """cos(θ + m) for the right class. Source: Deng et al. 2019, arXiv:1801.07698, eq. 3.

    Beyond θ + m = π it would rise again: there cos θ − m sin m stands for it, as in the authors' code.
    """

    def __init__(self, margin: float = 0.5, scale: float = 64.0, name: str = "arc_face", **kwargs: Any) -> None:
        super().__init__(margin, scale, name, **kwargs)

    def with_margin(self, cosine: Tensor) -> Tensor:
        m = self.margin
        turned = cosine * math.cos(m) - ops.sqrt(1 - cosine * cosine) * math.sin(m)
        return kops.where(cosine > -math.cos(m), turned, cosine - m * math.sin(m))
