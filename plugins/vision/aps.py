"""The polyphase component with the greatest norm."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import RegionSpec


class APSPooling(kpool.Pooling, name="aps"):
    """Adaptive polyphase sampling: of every s-th element, the start that keeps the greatest norm.

    y = x_j*,  j* = argmax_j ‖x_j‖,  x_j = the j-th elements of all windows

    Each example has its own j*, one for all features. A circular shift of a map that divides by the window shifts the
    answer or leaves it, and changes nothing else (but where two norms are equal: then the first counts). What does
    not count adds nothing to a norm, and is 0 where its place is chosen. A weight only says whether an element counts.

    Args:
        norm: Of a component: "l2", "l1" or "max".
        over: Windows that neither overlap nor leave gaps.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Raises: SpecError for windows whose strides are not their size, or with a dilation.
    Source: Chaman & Dokmanić 2021, arXiv:2011.14214, sec. 4.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, norm: Literal["l2", "l1", "max"] = "l2", over: RegionSpec = "window(2)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.norm = norm

    def make_weights(self, features: int) -> None:
        for axis in self.region.axes(self.position_axes):
            if not axis.size == axis.stride == axis.span:
                raise SpecError(f"aps takes windows with strides of their size and no dilation, not over={self.region}")

    def pool(self, bags: Bags) -> Tensor:
        components = bags.line_up(bags.elements, 0.0)
        others = [axis for axis in range(1, len(components.shape)) if axis != bags.axis]
        norms = self._norms(kops.stop_gradient(components), others)
        here = ops.reshape(
            ops.first_greatest(norms, axis=-1), (-1, *[1] * (bags.axis - 1), components.shape[bags.axis], 1)
        )
        return kops.sum(kops.where(here, components, kops.zeros_like(components)), axis=bags.axis)

    def _norms(self, x: Tensor, axes: list[int]) -> Tensor:
        """The norm of each component, up to a factor that an example's components share: (batch, components)."""
        x = kops.abs(x)
        greatest = ops.greatest(x, axes, keepdims=True, initial=0)
        if self.norm == "max":
            return ops.reshape(greatest, (-1, x.shape[len(x.shape) - 2]))
        # no square overflows once the example's largest value is divided out
        x = ops.divide(x, ops.greatest(greatest, len(x.shape) - 2, keepdims=True, initial=0))
        return kops.sum(x * x if self.norm == "l2" else x, axis=axes)
