"""The largest of answers."""

from __future__ import annotations

import functools
from typing import Any

from keras import ops as kops

from kpool.combinators.base import Ordered
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.region.base import Shape


class MaxOf(Ordered, name="max_of"):
    """The largest of the branches' answers, number by number.

    Shape: n times (batch, *grid, features) -> (batch, *grid, features)
    """

    def __init__(self, *branches: Branch, **kwargs: Any) -> None:
        super().__init__(*branches, **kwargs)

    def join(self, answers: list[Tensor]) -> Tensor:
        return functools.reduce(kops.maximum, answers)

    def join_shapes(self, shapes: list[Shape]) -> Shape:
        return self.common(shapes, slice(None))
