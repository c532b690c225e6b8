"""Pooling: the layer every strategy is.

What counts, which bags there are, the dtype of sums, what an empty bag gives, config and shapes are settled here, once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import keras
from keras import ops as kops

from kpool import masks, ops
from kpool.arguments import checked
from kpool.bags import Bags
from kpool.errors import KpoolError
from kpool.layout import channels_last
from kpool.ops import Tensor
from kpool.parameters import RegionSpec
from kpool.reductions import Reduction
from kpool.region.base import Region, Shape
from kpool.region.build import as_region
from kpool.region.everything import Everything
from kpool.region.occupied import occupied
from kpool.signatures import of_strategy
from kpool.spec.literals import write

_KERAS_ARGUMENTS = {"name", "dtype", "trainable", "activity_regularizer"}


class Pooling(keras.layers.Layer):
    """A strategy: summarises the elements of each bag.

    Write `lift` and `lower`, or `pool` where the strategy is no fold; `make_weights` if it has weights;
    `output_features` if it changes the width. Every init argument has a default, an annotation with its bounds (see
    `kpool.parameters`) and is a literal: config, validation and the spec language follow from the signature.

    Args:
        over: The region that makes the bags, as a spec or a `Region`; the whole input if none is given.
        empty_value: What a bag without a counted element gives.
        require_mask: Raise MaskError where no mask arrives; Keras drops masks silently on the way (`x * 1.0`).
        data_format: Where the features stand in the input and, if the region keeps a grid, in the output.

    Call arguments:
        inputs: (batch, steps, features), (batch, rows, cols, features) or (batch, d, h, w, features), of any number
            dtype; on TensorFlow a `tf.RaggedTensor` of (batch, None, features) as well.
        mask: Which elements count: bool or 0/1, of the input's shape without features. One that does not count
            changes nothing, whatever stands there, and its gradient is 0.
        weights: How often an element counts, 0 or more, of the mask's shape.

    Shape: (batch, *positions, features) -> (batch, *grid, output_features)
    Raises: MaskError for a mask that does not say, element by element, what counts; SpecError for an argument out of
        its bounds, or a region that does not fit the input.
    """

    arguments: dict[str, Any]
    strategy_name: ClassVar[str] = ""
    permutation_invariant: ClassVar[bool] = True
    mergeable: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    learned_statistics: ClassVar[bool] = False
    exports: ClassVar[tuple[str, ...]] = ("tf_saved_model", "litert", "onnx")

    def __init_subclass__(cls, *, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.strategy_name = name or cls.__name__
        package = cls.__module__.partition(".")[0]
        keras.saving.register_keras_serializable("kpool" if package == "kpool_plugins" else package)(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Pooling:
        layer: Pooling = super().__new__(cls, *args, **kwargs)
        object.__setattr__(layer, "arguments", _arguments(cls, args, kwargs))  # Keras tracks nothing before __init__
        return layer

    def __init__(
        self,
        *,
        over: RegionSpec = None,
        empty_value: float = 0.0,
        require_mask: bool = False,
        data_format: Literal["channels_last", "channels_first"] = "channels_last",
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.region: Region = self.arguments["over"] or Everything()
        self.empty_value = empty_value
        self.require_mask = require_mask
        self.data_format = data_format

    def lift(self, x: Tensor) -> Reduction | tuple[Reduction, ...]:
        """The reductions of the elements, (batch, *positions, features), that the strategy needs."""
        raise NotImplementedError(f"{type(self).__name__} must define lift and lower, or pool")

    def lower(self, *values: Any) -> Tensor:
        """The answer for each bag, (batch, *grid, output_features), from the values of the reductions."""
        return values[0]

    def pool(self, bags: Bags) -> Tensor:
        """The answer for each bag; for a strategy that is no fold."""
        lifted = self.lift(bags.elements)
        reductions = lifted if isinstance(lifted, tuple) else (lifted,)
        for reduction in reductions:
            if not isinstance(reduction, Reduction):
                given = type(reduction).__name__
                raise KpoolError(f"{self.strategy_name}: lift gives reductions, as in return Mean(x), not {given}")
        return self.lower(*(reduction.over(bags) for reduction in reductions))

    def make_weights(self, features: int) -> None:
        """Add the weights, for inputs of the given width."""

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """As Keras's, but kept and used in the dtype sums are kept in: Keras would cast it to the policy's."""
        return super().add_weight(*args, **{"dtype": ops.accumulator(self.compute_dtype), "autocast": False, **kwargs})

    def output_features(self, features: int) -> int:
        """The width of the answer."""
        return features

    def build(self, input_shape: Shape) -> None:
        *_, features = channels_last(input_shape, self.data_format, self.strategy_name)
        if features is None:
            raise KpoolError(f"{self.strategy_name}: the input's features must be known, shape {input_shape} given")
        self.make_weights(features)
        if self.weights:
            axis = 1 if self.data_format == "channels_first" else -1
            self.input_spec = keras.layers.InputSpec(axes={axis: features})

    def call(self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
        inputs, mask = masks.at_door(inputs, mask)
        weights = ops.padded(weights)
        self._check_door(inputs.shape, mask, weights)
        if self.data_format == "channels_first":
            inputs = kops.moveaxis(inputs, 1, -1)
        bags = self._bags(inputs, mask, weights)
        pooled = self.pool(bags)
        pooled = kops.cast(ops.where_expanded(bags.size[..., 0] > 0, pooled, self.empty_value), self.compute_dtype)
        return kops.moveaxis(pooled, -1, 1) if self.data_format == "channels_first" else pooled

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        """The bags that have a counted element, where the region keeps a grid; None where the steps are gone."""
        _, previous_mask = masks.at_door(inputs, previous_mask)
        if previous_mask is None or not self.region.grid((None,) * (len(previous_mask.shape) - 1)):
            return None
        return occupied(self.region, previous_mask)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *positions, features = channels_last(input_shape, self.data_format, self.strategy_name)
        grid = self.region.grid(tuple(positions))
        width = None if features is None else self.output_features(features)
        return (batch, width, *grid) if self.data_format == "channels_first" else (batch, *grid, width)

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None
    ) -> keras.KerasTensor:
        _, mask = masks.at_door(inputs, mask)
        self._check_door(inputs.shape, mask, ops.padded(weights))
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def argument_text(self) -> str:
        """The strategy's own arguments as a spec has them."""
        return ", ".join(f"{k}={x if isinstance(x, Region) else write(x)}" for k, x in self.arguments.items())

    def get_config(self) -> dict[str, Any]:
        own = {name: str(x) if isinstance(x, Region) else x for name, x in self.arguments.items()}
        frozen = self.arguments.get("trainable") and not self.trainable
        return {**super().get_config(), **own, **({"frozen": True} if frozen else {})}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pooling:
        config = dict(config)
        frozen = config.pop("frozen", False)
        layer: Pooling = cls(**config)  # not Keras's: it wraps what is wrong into a TypeError that shows the config
        layer.trainable &= not frozen
        return layer

    def _check_door(self, shape: Shape, mask: Tensor | None, weights: Tensor | None) -> None:
        positions = channels_last(shape, self.data_format, self.strategy_name)[:-1]
        if mask is None and self.require_mask:
            raise masks.missing(self.strategy_name)
        masks.check_shapes(positions, mask=mask, weights=weights)

    def _bags(self, inputs: Tensor, mask: Tensor | None, weights: Tensor | None) -> Bags:
        """The bags of what counts, in the dtype sums are kept in; elements that do not count become 0 here."""
        masks.check_lengths(inputs, mask=mask, weights=weights)
        dtype = ops.accumulator(self.compute_dtype)
        counted, weights = masks.counting(mask, weights, dtype)
        elements = ops.where_expanded(counted, ops.as_real(inputs, dtype, self.strategy_name), 0.0)
        return self.region.bags(elements, counted, weights)


def _arguments(cls: type[Pooling], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The strategy's own arguments; Keras's are Keras's to check."""
    parameters = of_strategy(cls)
    own = {name: value for name, value in kwargs.items() if name in parameters or name not in _KERAS_ARGUMENTS}
    arguments = checked(cls.strategy_name, parameters, args, own)
    if arguments.get("over") is not None:
        arguments["over"] = as_region(arguments["over"])
    return arguments
