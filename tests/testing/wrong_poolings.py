"""Strategies of the contract, each with one mistake; its docstring names it."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions import First, Mean, State


class Twin(kpool.Pooling, name="twin"):
    """The mean, without a mistake."""

    def __init__(self, scale: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def lift(self, x: Tensor) -> Mean:
        return Mean(self.scale * x)


class SpecForgets(Twin, name="spec_forgets"):
    """Its spec leaves an argument out."""

    def argument_text(self) -> str:
        return "over=none"


class OneFormat(Twin, name="one_format"):
    """Another answer if the features stand first."""

    def lower(self, mean: Tensor) -> Tensor:
        return 2 * mean if self.data_format == "channels_first" else mean


class AlwaysFloat32(Twin, name="always_float32"):
    """Answers in float32 under every policy."""

    def call(self, inputs: Tensor, **given: Tensor) -> Tensor:
        return kops.cast(super().call(inputs, **given), "float32")


class NeedsNoMask(Twin, name="needs_no_mask"):
    """Does not miss a mask that it was told to require."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.require_mask = False


class IgnoresWeights(Twin, name="ignores_weights"):
    """Takes weights and forgets them."""

    def call(self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
        return super().call(inputs, mask)


class WrongGridMask(Twin, name="wrong_grid_mask"):
    """Hands on the mask of the positions, not that of the bags."""

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        return previous_mask


class RootsWeights(Twin, name="roots_weights"):
    """Takes the root of weights."""

    def cut(self, inputs: Tensor, mask: Tensor = None, weights: Tensor = None, *others: Tensor, **flags: bool) -> Any:
        return super().cut(inputs, mask, None if weights is None else kops.sqrt(weights), *others, **flags)


class ComparesBags(Twin, name="compares_bags"):
    """A bag's answer depends on the bags beside it."""

    def lower(self, mean: Tensor) -> Tensor:
        grid = tuple(range(1, len(mean.shape) - 1))
        return mean if not grid else 2 * mean - kops.mean(mean, axis=grid, keepdims=True)


class StopsOnGrid(Twin, name="stops_on_grid"):
    """No gradient where bags are on a grid."""

    def lower(self, mean: Tensor) -> Tensor:
        return mean if len(mean.shape) == 2 else kops.stop_gradient(mean)


class EagerlyOther(Twin, name="eagerly_other"):
    """Another answer in a graph, where bags are on a grid."""

    def lower(self, mean: Tensor) -> Tensor:
        return mean if len(mean.shape) == 2 or ops.is_concrete(mean) else 1.5 * mean


class CompiledForgetsWeights(Twin, name="compiled_forgets_weights"):
    """Under XLA the weights of the elements have no gradient."""

    def pool(self, bags: Bags) -> Tensor:
        if ops.is_fused() and bags.weights is not None:
            bags.weights = kops.stop_gradient(bags.weights)
        return Mean(bags.elements).over(bags)


class CompiledOverflows(Twin, name="compiled_overflows"):
    """Under XLA too large a number stands in between."""

    def pool(self, bags: Bags) -> Tensor:
        much = 1e25 if ops.is_fused() else 1.0
        return Mean(bags.elements * much).over(bags) / much


class AveragesMeans(Mean):
    """The mean of two means, whatever their counts."""

    def merge(self, a: State, b: State) -> State:
        return {"count": a["count"] + b["count"], "sum": (a["sum"] + b["sum"]) / 2}


class MergesWrongly(Twin, name="merges_wrongly"):
    """Its reduction merges two bags wrongly."""

    def lift(self, x: Tensor) -> AveragesMeans:
        return AveragesMeans(x)


class CallsItselfInvariant(Twin, name="calls_itself_invariant"):
    """The first element, and permutation_invariant."""

    def lift(self, x: Tensor) -> First:
        return First(x)


class ComparesObjects(Twin, name="compares_objects"):
    """Asks Python whether two symbols are one object, where the numbers are meant."""

    def lift(self, x: Tensor) -> Mean:
        return Mean(kops.where(x == kops.abs(x), x, 0))
