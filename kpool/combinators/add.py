"""The sum of answers."""

from __future__ import annotations

from typing import Any

from kpool.combinators.base import Ordered
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.region.base import Shape


class Add(Ordered, name="add"):
    """The sum of the branches' answers.

    Shape: n times (batch, *grid, features) -> (batch, *grid, features)
    """

    def __init__(self, *branches: Branch, **kwargs: Any) -> None:
        super().__init__(*branches, **kwargs)

    def join(self, answers: list[Tensor]) -> Tensor:
        return sum(answers[1:], start=answers[0])

    def join_shapes(self, shapes: list[Shape]) -> Shape:
        return self.common(shapes, slice(None))
