"""Several outputs from one input."""

from __future__ import annotations

from typing import Any

from kpool.combinators.base import Combinator
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.region.base import Shape


class Heads(Combinator, name="heads"):
    """Several outputs from one input: a dict with each branch's answer under its name.

    Shape: (batch, …) -> {name: (batch, …)}
    """

    def __init__(self, **branches: Branch) -> None:
        options = {key: branches.pop(key) for key in ("name", "dtype", "trainable") if key in branches}
        super().__init__(branches, **options)

    @classmethod
    def of_branches(cls, branches: dict[str, str], options: dict[str, Any]) -> Heads:
        return cls(**branches, **options)

    def argument_text(self) -> str:
        return ", ".join(f"{name}={branch.spec}" for name, branch in self.branches.items())

    def join(self, answers: list[Tensor]) -> dict[str, Tensor]:
        return dict(zip(self._names, answers, strict=True))

    def join_shapes(self, shapes: list[Shape]) -> dict[str, Shape]:
        return dict(zip(self._names, shapes, strict=True))

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> None:
        return None
