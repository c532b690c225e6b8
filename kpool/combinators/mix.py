"""A learned mixture of answers."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

from kpool.combinators.base import Ordered
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.region.base import Shape


class Mix(Ordered, name="mix"):
    """A convex mixture of the branches' answers, Σ softmax(w)_i · answer_i, with w learned from 0 (the plain average).

    Shape: n times (batch, *grid, features) -> (batch, *grid, features)
    """

    def __init__(self, *branches: Branch, **kwargs: Any) -> None:
        super().__init__(*branches, **kwargs)

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.shares = self.add_weight(name="shares", shape=(len(self.branches),), initializer="zeros")

    def join(self, answers: list[Tensor]) -> Tensor:
        shares = kops.unstack(kops.softmax(self.shares))
        mixed = sum(share * kops.cast(x, share.dtype) for share, x in zip(shares, answers, strict=True))
        return kops.cast(mixed, self.compute_dtype)

    def join_shapes(self, shapes: list[Shape]) -> Shape:
        return self.common(shapes, slice(None))
