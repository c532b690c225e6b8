"""Plain Keras layers, each with one mistake that was made in the wild; its docstring names it."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any


class Layer(keras.layers.Layer):
    """A masked mean, and the place for a mistake."""

    def __init_subclass__(cls) -> None:
        keras.saving.register_keras_serializable("wrong_layers")(cls)

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        mask = ops.ones_like(inputs[..., 0]) if mask is None else mask
        return self.pool(inputs, ops.expand_dims(ops.cast(mask, inputs.dtype), -1))

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sum(ops.where(m > 0, x, 0), axis=1) / ops.maximum(ops.sum(m, axis=1), 1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> None:
        return None


class ConfigHasObject(Layer):
    """Its config holds what JSON cannot."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "trainable": np.True_}


class ConfigForgets(Layer):
    """An argument that is not in the config."""

    def __init__(self, scale: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "scale"}


class ConfigDrifts(ConfigForgets):
    """A config that says something else than the argument."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale + 1}


class TakesAnything(Layer):
    """An argument that it does not know is taken without a word."""

    def __init__(self, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype_policy.name}


class WeightsOfChance(Layer):
    """The width of its weight depends on how many were made before."""

    made = itertools.count(1)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.add_weight(name="w", shape=(next(self.made),))


class TakesNothing(Layer):
    """Whatever it is given, it raises."""

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        raise ValueError("not this either")


class AnnouncesWrongly(Layer):
    """compute_output_shape keeps the steps."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def compute_output_spec(self, inputs: Tensor, mask: Tensor | None = None) -> keras.KerasTensor:
        return keras.KerasTensor((inputs.shape[0], inputs.shape[-1]), dtype=self.compute_dtype)


class DividesByLength(Layer):
    """Divides by T, which need not be known, and is not the number of elements that count."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sum(ops.where(m > 0, x, 0), axis=1) / float(x.shape[1])


class SampleVariance(Layer):
    """Divides by n − 1, whatever n."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sum(ops.square(x - ops.mean(x, axis=1, keepdims=True)), axis=1) / (ops.sum(m, axis=1) - 1)


class SqueezesBatch(Layer):
    """A batch of one loses its axis."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        pooled = super().pool(x, m)
        return pooled[0] if x.shape[0] == 1 else pooled


class MultipliesByMask(Layer):
    """NaN · 0 is NaN."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sum(x * m, axis=1) / ops.maximum(ops.sum(m, axis=1), 1)


class ChoosesTooLate(Layer):
    """Chooses away exp(x) of what is masked: right in value, 0 · ∞ in the gradient."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sum(ops.where(m > 0, ops.exp(x), 0), axis=1)


class AddsEpsilon(Layer):
    """1e-3 beside the count, so that it is never 0; and without a mask it is not there."""

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return ops.mean(inputs, axis=1)
        m = ops.expand_dims(ops.cast(mask, inputs.dtype), -1)
        return ops.sum(ops.where(m > 0, inputs, 0), axis=1) / (ops.sum(m, axis=1) + 1e-3)


class RootOfNothing(Layer):
    """√(Σ x²) of an empty row is 0; its gradient is NaN."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sqrt(ops.sum(ops.square(x * m), axis=1))


class LeaksMask(Layer):
    """Hands the mask of the steps on to an answer without steps."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        return previous_mask


class BoolOnly(Layer):
    """A mask of integers counts everything."""

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        known = mask is not None and keras.backend.standardize_dtype(mask.dtype) == "bool"
        return super().call(inputs, mask if known else None)


class CentresBatch(Layer):
    """Subtracts the mean of the batch, as if it were training."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        pooled = super().pool(x, m)
        return pooled - ops.mean(pooled, axis=0, keepdims=True)


class EagerlyOther(Layer):
    """Another formula where it runs eagerly."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        pooled = super().pool(x, m)
        return pooled * 1.001 if hasattr(x, "numpy") else pooled


class Noisy(Layer):
    """Noise in inference."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(0)

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        pooled = super().pool(x, m)
        return pooled + keras.random.normal(pooled.shape, seed=self.seeds)


class TrainsOtherwise(Layer):
    """Doubles its answer while it trains."""

    def call(self, inputs: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        return super().call(inputs, mask) * (2 if training else 1)


class UnguardedRoot(Layer):
    """The root of a variance that is 0 where all elements are equal."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return ops.sqrt(ops.mean(ops.square(x - ops.mean(x, axis=1, keepdims=True)), axis=1))


class StopsGradient(Layer):
    """The scale that it divides by has no gradient."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return super().pool(x, m) / (1 + ops.stop_gradient(ops.mean(ops.square(x), axis=1)))


class SquaresInHalf(Layer):
    """Squares in the dtype of its input, whatever that is."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return super().pool(ops.square(x), m)


class Cancels(Layer):
    """E[x²] − E[x]², far from 0."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        far = x + 100
        return super().pool(ops.square(far), m) - ops.square(super().pool(far, m))


class Unsaved(Layer):
    """A shift that is drawn when it is built, and is no weight."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.shift = float(np.random.default_rng().normal())

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return super().pool(x, m) + self.shift


class ForgetsPolicies(Layer):
    """An inner Dense, whose int8 policy is not in the config."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.dense = keras.layers.Dense(input_shape[-1])
        self.dense.build((input_shape[0], input_shape[-1]))

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return self.dense(super().pool(x, m))


class ListsLayers(Layer):
    """Its layers stand in a list."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.parts = [keras.layers.Dense(input_shape[-1])]
        self.parts[0].build((input_shape[0], input_shape[-1]))

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        return self.parts[0](super().pool(x, m))


class RareOperation(Layer):
    """The incomplete gamma function, which neither LiteRT nor ONNX has."""

    def pool(self, x: Tensor, m: Tensor) -> Tensor:
        import tensorflow as tf

        pooled = ops.abs(super().pool(x, m))
        return tf.math.igamma(1 + pooled, 1 + pooled)
