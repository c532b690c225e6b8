"""Cutting: a layer that cuts its input into bags: at its door, all is said of masks, weights and regions."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from typing import Any

from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Bags
from kpool.configured import Configured
from kpool.layout import channels_last
from kpool.ops import Tensor
from kpool.region.base import Region, Shape
from kpool.region.occupied import occupied, occupied_regions

_together: contextvars.ContextVar[_Together | None] = contextvars.ContextVar("together", default=None)


@contextlib.contextmanager
def together(inputs: Tensor, folds: Sequence[Any]) -> Iterator[None]:
    """Within it, layers that cut this input alike get the same bags, which know what the folds among them will ask."""
    token = _together.set(_Together(inputs, folds))
    try:
        yield
    finally:
        _together.reset(token)


class Cutting(Configured):
    """A layer with a region, a rule for missing masks and a data format, as `Pooling.__init__` sets them."""

    region: Region
    require_mask: bool
    data_format: str

    @property
    def cuts_as(self) -> tuple[Any, ...]:
        """What makes two layers cut an input alike."""
        return self.region, self.data_format, self.compute_dtype

    @property
    def asks_regions(self) -> bool:
        """Whether a call needs `regions=`."""
        return bool(self.region.asks)

    def cut(
        self,
        inputs: Tensor,
        mask: Tensor = None,
        weights: Tensor = None,
        regions: Tensor = None,
        *,
        training: bool = False,
    ) -> list[Bags]:
        """The bags of a call's input, in the dtype sums are kept in; elements that do not count become 0 here."""
        inputs, mask = masks.at_door(inputs, mask)
        given = (inputs, mask, ops.padded(weights), self.region.padded(regions))
        self.check_door(inputs.shape, *given[1:])
        shared = _together.get()
        if shared is None or inputs is not shared.inputs:
            return self._bags(*given, training=training)
        return shared.bags(self, given, training)

    def _bags(self, inputs: Tensor, mask: Tensor, weights: Tensor, regions: Tensor, *, training: bool) -> list[Bags]:
        if self.data_format == "channels_first":
            inputs = kops.moveaxis(inputs, 1, -1)
        masks.check_lengths(inputs, mask=mask, weights=weights)
        dtype = ops.accumulator(self.compute_dtype)
        counted, weights = masks.counting(mask, weights, dtype)
        elements = ops.cleared(ops.as_real(inputs, dtype, self.strategy_name), counted)
        levels = [level.bags(elements, counted, weights, regions) for level in self.region.levels()]
        for bags in levels:
            bags.training = training
        return levels

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        """The bags that have a counted element, where the region keeps a grid; None where the steps are gone."""
        _, previous_mask = masks.at_door(inputs, previous_mask)
        if previous_mask is None or self.asks_regions:
            return None
        if not self.region.grid((None,) * (len(previous_mask.shape) - 1)):
            return None
        return occupied(self.region, previous_mask)

    def bag_mask(self, inputs: Tensor, mask: Tensor | None, regions: Tensor | None) -> Tensor | None:
        """The same where a call has `regions=`; compute_mask, as Keras calls it, does not know them."""
        element = inputs[:, 0] if self.data_format == "channels_first" else inputs[..., 0]
        return occupied_regions(self.region, element, mask, self.region.padded(regions))

    def check_door(self, shape: Shape, mask: Tensor | None, weights: Tensor | None, regions: Tensor | None) -> None:
        """Refuse what does not fit the input's shape, and a mask or regions that are missing."""
        positions = channels_last(shape, self.data_format, self.strategy_name)[:-1]
        if mask is None and self.require_mask:
            raise masks.missing(self.strategy_name)
        masks.check_shapes(positions, mask=mask, weights=weights)
        self.region.check_given(regions, shape[0], self.strategy_name)


class _Together:
    """Layers that are called with one input, and the bags that it was cut into."""

    def __init__(self, inputs: Tensor, folds: Sequence[Any]) -> None:
        self.inputs = inputs
        self._folds = folds
        self._cut: list[tuple[Any, Sequence[Tensor], list[Bags]]] = []

    def bags(self, layer: Cutting, given: Sequence[Tensor], training: bool) -> list[Bags]:
        how = (layer.cuts_as, training)
        for former, tensors, levels in self._cut:
            if former == how and all(a is b for a, b in zip(tensors, given, strict=True)):
                return levels
        levels = layer._bags(*given, training=training)
        alike = [fold for fold in self._folds if fold.cuts_as == layer.cuts_as]
        for bags in levels:
            if bags.guesses:
                bags.asked = {fold: fold.lifted(bags.elements) for fold in alike}
        self._cut.append((how, given, levels))
        return levels
