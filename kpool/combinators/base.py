"""Combinator: gives its input to several branches and joins their answers."""

from __future__ import annotations

import functools
import itertools
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops as kops

from kpool import inner, masks
from kpool.cutting import together
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Branch
from kpool.pipe import Pipe, as_spec
from kpool.pooling import Pooling
from kpool.region.base import Shape
from kpool.stream import BranchStream, Stream


class Combinator(Pooling):
    """Gives its input to every branch and joins the answers.

    A branch is a pipe; regions and mask rules are the branches', not the combinator's. A subclass writes `join` and
    `join_shapes`, which are given the branches' answers in the order of the spec.
    """

    def __init__(self, branches: dict[str, Any], **kwargs: Any) -> None:
        # Not Pooling's: a combinator has no region, mask or empty value of its own.
        keras.layers.Layer.__init__(self, autocast=False, **kwargs)
        self.supports_masking = True
        if not branches:
            raise SpecError(f"{self.strategy_name} needs at least one branch: a spec of its own")
        self._names = tuple(branches)
        for name, branch in branches.items():
            setattr(self, f"branch_{name}", Pipe(as_spec(branch), name=str(name), dtype=self.dtype_policy))

    @abstractmethod
    def join(self, answers: list[Tensor]) -> Any:
        """The joined answer."""

    @abstractmethod
    def join_shapes(self, shapes: list[Shape]) -> Any:
        """Its shape.

        Raises:
            SpecError: if the branches' answers cannot be joined.
        """

    @property
    def branches(self) -> dict[str, Pipe]:
        """The branches by name, in the order of the spec."""
        return {name: getattr(self, f"branch_{name}") for name in self._names}

    def build(self, input_shape: Shape) -> None:
        for branch in self.branches.values():
            branch.build(input_shape)
        self.compute_output_shape(input_shape)

    @property
    def asks_regions(self) -> bool:
        return any(branch.asks_regions for branch in self.branches.values())

    def stream(self) -> Stream:
        return BranchStream(self)

    def call(  # type: ignore[override]
        self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None, regions: Tensor | None = None
    ) -> Any:
        return self.joined(lambda branch: branch, inputs, mask, weights, regions)

    def joined(
        self,
        method: Callable[[Pipe], Any],
        inputs: Tensor,
        mask: Tensor | None = None,
        weights: Tensor | None = None,
        regions: Tensor | None = None,
    ) -> Any:
        """A call, in which method(branch) is called instead of each branch."""
        inputs, mask = masks.at_door(inputs, mask)
        with together(inputs, [first for branch in self.branches.values() if _simple(first := branch.nodes[0])]):
            answers = [method(branch)(inputs, **given) for branch, given in self._given(mask, weights, regions)]
        return self.join(answers)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        return _any_of([branch.compute_mask(inputs, previous_mask) for branch in self.branches.values()])

    def bag_mask(self, inputs: Tensor, mask: Tensor | None, regions: Tensor | None) -> Tensor | None:
        return _any_of([branch.bag_mask(inputs, mask, regions) for branch in self.branches.values()])

    def compute_output_shape(self, input_shape: Shape, regions: Shape | None = None) -> Any:
        return self.join_shapes([b.compute_output_shape(input_shape, regions) for b in self.branches.values()])

    def compute_output_spec(  # type: ignore[override]
        self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None, regions: Tensor | None = None
    ) -> Any:
        answers = [branch.compute_output_spec(inputs, **given) for branch, given in self._given(mask, weights, regions)]
        shapes = self.join_shapes([keras.tree.map_structure(lambda x: x.shape, answer) for answer in answers])
        return keras.tree.map_shape_structure(lambda s: keras.KerasTensor(s, self.compute_dtype), shapes)

    def _given(
        self, mask: Tensor | None, weights: Tensor | None, regions: Tensor | None
    ) -> Iterator[tuple[Pipe, dict[str, Any]]]:
        """Each branch, and what goes along with its input."""
        if regions is not None and not self.asks_regions:
            raise SpecError(f"{self.strategy_name} has no branch that asks for regions=, and was given some")
        for branch in self.branches.values():
            given = {"mask": mask, "weights": weights, "regions": regions if branch.asks_regions else None}
            yield branch, given

    def argument_text(self) -> str:
        return ", ".join(str(branch.spec) for branch in self.branches.values())

    def get_config(self) -> dict[str, Any]:
        own = {name: str(branch.spec) for name, branch in self.branches.items()}
        return {**keras.layers.Layer.get_config(self), "branches": own, **inner.changes(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Combinator:
        options = {name: value for name, value in config.items() if name not in ("branches", "policies", "frozen")}
        layer = cls.of_branches(config["branches"], options)
        inner.restore(layer, config.get("policies"), config.get("frozen"))
        return layer

    @classmethod
    @abstractmethod
    def of_branches(cls, branches: dict[str, str], options: dict[str, Any]) -> Combinator:
        """A combinator of these branches, with Keras's options."""


def _simple(node: keras.layers.Layer) -> bool:
    """Whether it is a fold, of nothing that it has learned."""
    return isinstance(node, Pooling) and not isinstance(node, Combinator) and node.folds and not node.weights


def _any_of(masks: list[Tensor | None]) -> Tensor | None:
    """What counts in some branch's answer; all of it, if one has no mask."""
    return None if any(mask is None for mask in masks) else functools.reduce(kops.logical_or, masks)


class Ordered(Combinator):
    """A combinator whose branches have an order and no names."""

    def __init__(self, *branches: Branch, **kwargs: Any) -> None:
        super().__init__({str(i): branch for i, branch in enumerate(branches)}, **kwargs)

    @classmethod
    def of_branches(cls, branches: dict[str, str], options: dict[str, Any]) -> Ordered:
        return cls(*branches.values(), **options)

    def common(self, shapes: list[Shape], axes: slice) -> Shape:
        """The lengths that the answers have in common along some axes: what one of them does not know, another may.

        Raises:
            SpecError: they differ.
        """
        if any(isinstance(shape, dict) for shape in shapes):
            raise SpecError(f"{self.strategy_name} cannot join several outputs: give it branches with one answer each")
        known = [set(lengths) - {None} for lengths in itertools.zip_longest(*(s[axes] for s in shapes), fillvalue=-1)]
        if any(len(lengths) > 1 for lengths in known):
            branches = zip(self.branches.values(), shapes, strict=True)
            shown = ", ".join(f"{branch.spec.display()} gives {shape}" for branch, shape in branches)
            raise SpecError(f"{self.strategy_name} cannot join answers of different layouts: {shown}")
        return tuple(next(iter(lengths), None) for lengths in known)
