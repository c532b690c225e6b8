"""Answers side by side."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

from kpool.combinators.base import Ordered
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.region.base import Shape


class Concat(Ordered, name="concat"):
    """The branches' answers side by side: widths add up.

    Shape: n times (batch, *grid, features_i) -> (batch, *grid, Σ features_i)
    """

    def __init__(self, *branches: Branch, **kwargs: Any) -> None:
        super().__init__(*branches, **kwargs)

    def join(self, answers: list[Tensor]) -> Tensor:
        return kops.concatenate(answers, axis=-1)

    def join_shapes(self, shapes: list[Shape]) -> Shape:
        grid = self.common(shapes, slice(0, -1))
        widths = [shape[-1] for shape in shapes if shape[-1] is not None]
        return (*grid, sum(widths) if len(widths) == len(shapes) else None)
