"""Cutting: a layer that cuts its input into bags: at its door, all is said of masks, weights and regions."""

from __future__ import annotations

from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Bags
from kpool.configured import Configured
from kpool.layout import channels_last
from kpool.ops import Tensor
from kpool.region.base import Region, Shape
from kpool.region.occupied import occupied, occupied_regions


class Cutting(Configured):
    """A layer with a region, a rule for missing masks and a data format, as `Pooling.__init__` sets them."""

    region: Region
    require_mask: bool
    data_format: str

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
        weights, regions = ops.padded(weights), self.region.padded(regions)
        self.check_door(inputs.shape, mask, weights, regions)
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
