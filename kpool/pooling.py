"""Pooling: the layer every strategy is.

What counts, which bags there are, the dtype of sums, what an empty bag gives, config and shapes are settled here, once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import keras
from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Bags
from kpool.cutting import Cutting
from kpool.eager import EagerCore
from kpool.errors import KpoolError
from kpool.layout import channels_last
from kpool.ops import Tensor
from kpool.parameters import RegionSpec
from kpool.reductions import Reduction, as_reductions
from kpool.region.base import Region, Shape
from kpool.region.everything import Everything
from kpool.stream import FoldStream, Stream


class Pooling(Cutting):
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
        regions: What the region asks for beside the input: segment ids, spans or boxes.
        return_weights: Give (answer, weights) where the answer is an average with learned weights: over everything
            (batch, *positions), with a last axis for several heads; over another region (batch, *grid, size).

    Shape: (batch, *positions, features) -> (batch, *grid, output_features)
    Raises: MaskError for a mask that does not say, element by element, what counts; SpecError for an argument out of
        its bounds, or a region that does not fit the input.
    """

    permutation_invariant: ClassVar[bool] = True
    mergeable: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    learned_statistics: ClassVar[bool] = False
    exports: ClassVar[tuple[str, ...]] = ("tf_saved_model", "litert", "onnx")
    weights_repeat: ClassVar[bool] = True
    deep: ClassVar[bool] = False
    lowers: ClassVar[bool] = True
    only_over: ClassVar[tuple[str, ...]] = ()
    """The names of the regions it can be taken over; any if there are none."""

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
        self.region.check_allowed(self.only_over, self.strategy_name)
        self.empty_value = empty_value
        self.require_mask = require_mask
        self.data_format = data_format
        self._core = EagerCore(lambda *given: self._answers(self.cut(*given)))

    def lift(self, x: Tensor) -> Reduction | tuple[Reduction, ...]:
        """The reductions of the elements, (batch, *positions, features), that the strategy needs."""
        raise NotImplementedError(f"{type(self).__name__} must define lift and lower, or pool")

    def lower(self, *values: Any) -> Tensor:
        """The answer for each bag, (batch, *grid, output_features), from the values of the reductions."""
        return values[0]

    def pool(self, bags: Bags) -> Tensor:
        """The answer for each bag, (batch, *grid, output_features); for a strategy that is no fold."""
        reductions = bags.asked.get(self) or self.lifted(bags.elements)
        return self.lower(*(reduction.over(bags) for reduction in reductions))

    def lifted(self, x: Tensor) -> tuple[Reduction, ...]:
        """What `lift` gives, as a tuple."""
        return as_reductions(self.lift(x), self.strategy_name)

    @property
    def folds(self) -> bool:
        """Whether bags may be pooled in parts: the strategy is a lift and a lower, and its reductions merge."""
        return type(self).pool is Pooling.pool and self.mergeable

    def stream(self) -> Stream:
        """What pools a bag that comes in chunks, with the same answer."""
        return FoldStream(self)

    def make_weights(self, features: int) -> None:
        """Add the weights, for inputs of the given width."""

    def output_features(self, features: int) -> int:
        """The width of the answer."""
        return features

    def build(self, input_shape: Shape) -> None:
        _, *positions, features = channels_last(input_shape, self.data_format, self.strategy_name)
        if features is None:
            raise KpoolError(f"{self.strategy_name}: the input's features must be known, shape {input_shape} given")
        self.position_axes = len(positions)
        self.make_weights(features)
        if self.weights:
            axis = 1 if self.data_format == "channels_first" else -1
            self.input_spec = keras.layers.InputSpec(axes={axis: features})

    def call(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        weights: Tensor | None = None,
        regions: Tensor | None = None,
        training: bool | None = None,
        return_weights: bool = False,
    ) -> Any:
        given = (*masks.at_door(inputs, mask), ops.padded(weights), self.region.padded(regions))
        # in training, one that is no fold may draw, gather statistics or add a loss
        plain = self.lowers and not return_weights and (self.folds or not training)
        if plain and self._core.suits(*given):
            pooled, present = self._core(*given)
        else:
            levels = self.cut(*given, training=bool(training))
            pooled, present = self._answers(levels)
        if present is not None:
            masks.attach(pooled, present)
        return (pooled, self._attended(levels)) if return_weights else pooled

    def _answers(self, levels: list[Bags]) -> tuple[Tensor, Tensor | None]:
        """The answers for the bags and, where Keras cannot ask `compute_mask`, which bags have an element."""
        return self._pooled(levels), levels[0].size[..., 0] > 0 if self.asks_regions else None

    def _pooled(self, levels: list[Bags]) -> Tensor:
        pooled = kops.cast(self.region.join([self._answer(bags) for bags in levels]), self.compute_dtype)
        return kops.moveaxis(pooled, -1, 1) if self.data_format == "channels_first" else pooled

    def compute_output_shape(self, input_shape: Shape, regions: Shape | None = None) -> Shape:
        batch, *positions, features = channels_last(input_shape, self.data_format, self.strategy_name)
        grid = self.region.grid(tuple(positions), regions)
        width = None if features is None else self.region.width(self.output_features(features), len(positions))
        return (batch, width, *grid) if self.data_format == "channels_first" else (batch, *grid, width)

    def compute_output_spec(
        self, inputs: Tensor, mask: Any = None, weights: Any = None, regions: Any = None, **flags: bool | None
    ) -> Any:
        if flags.get("return_weights"):
            given = {"mask": mask, "weights": weights, "regions": regions, **flags}
            return keras.Operation.compute_output_spec(self, inputs, **given)
        _, mask = masks.at_door(inputs, mask)
        regions = self.region.padded(regions)
        self.check_door(inputs.shape, mask, ops.padded(weights), regions)
        shape = self.compute_output_shape(inputs.shape, None if regions is None else tuple(regions.shape))
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def _answer(self, bags: Bags) -> Tensor:
        return ops.where_expanded(bags.size[..., 0] > 0, self.pool(bags), self.empty_value)

    def _attended(self, levels: list[Bags]) -> Tensor:
        """The weights of the attention that was asked of the bags, laid out as the input where that is one bag."""
        bags = levels[0]
        if len(levels) > 1 or bags.attended is None:
            raise KpoolError(f"{self.strategy_name}(over={self.region}) has no weights to return; call it without")
        weights = bags.attended.weights(bags)
        if bags.field is bags.elements:
            return weights
        return kops.reshape(weights, (*kops.shape(bags.field)[:-1], *kops.shape(weights)[2:]))
