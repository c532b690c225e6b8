"""Pipe: pools and stages, one after the other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from kpool import masks, ops
from kpool.errors import PluginError, SpecError
from kpool.ops import Tensor
from kpool.pooling import Pooling
from kpool.region.base import Shape
from kpool.signatures import signature
from kpool.spec import Call, Spec, parse
from kpool.stream import PipeStream, Stream

_TAKEN = {"self", "cls", "name", "dtype", "trainable"}


def as_spec(value: Spec | str) -> Spec:
    return value if isinstance(value, Spec) else parse(value)


def build_layer(call: Call, **options: Any) -> keras.layers.Layer:
    """The Keras layer of one call; `options` are Keras's own arguments (name, dtype)."""
    positional: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    for parameter in signature(call.component).values():
        value = call.arguments[parameter.name]
        if parameter.variadic == "*":
            positional = value
        elif parameter.variadic == "**":
            _check_names(call, value)
            keywords |= value
        else:
            keywords[parameter.name] = value
    clash = sorted(keywords.keys() & options.keys())
    if clash:
        raise SpecError(f"{call.component.name}: {', '.join(clash)} cannot be an argument; rename it")
    layer = call.component.load()(*positional, **keywords, **options)
    if not isinstance(layer, keras.layers.Layer):
        raise PluginError(f"{call.component.qualified} gave {type(layer).__name__}, not a Keras layer")
    return layer


def _check_names(call: Call, branches: Mapping[str, Spec]) -> None:
    taken = sorted(branches.keys() & _TAKEN)
    if taken:
        raise SpecError(f"{call.component.name}: a branch cannot be called {' or '.join(taken)}; rename it")


class Pipe(keras.layers.Layer):
    """Calls the layers of a spec in order. The mask goes along until a pool has used it, and so do the weights.

    Shape: (batch, *positions, features) -> whatever the last layer gives
    """

    def __init__(self, spec: Spec | str, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.spec = as_spec(spec)
        # Attributes, not a list: Keras would save a list's members under their class names.
        for i, call in enumerate(self.spec.calls):
            setattr(self, f"node_{i}", build_layer(call, name=f"{call.component.name}_{i}", dtype=self.dtype_policy))
        if sum(getattr(node, "asks_regions", False) for node in self.nodes) > 1:
            raise SpecError(f"{self.spec.display()}: only one pool of a pipe can be given regions=")

    @property
    def nodes(self) -> list[keras.layers.Layer]:
        """The layers, in order."""
        return [getattr(self, f"node_{i}") for i in range(len(self.spec.calls))]

    def build(self, input_shape: Shape) -> None:
        for node in self.nodes:
            self._check_single(input_shape)
            if not node.built:
                node.build(input_shape)
            input_shape = node.compute_output_shape(input_shape)

    @property
    def asks_regions(self) -> bool:
        """Whether a call needs `regions=`."""
        return any(isinstance(node, Pooling) and node.asks_regions for node in self.nodes)

    def stream(self) -> Stream:
        """What pools a bag that comes in chunks, with the same answer."""
        return PipeStream(self)

    def call(
        self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None, regions: Tensor | None = None
    ) -> Any:
        return self.through(lambda node: node, inputs, mask, weights, regions)

    def through(
        self,
        method: Callable[[Any], Any],
        inputs: Tensor,
        mask: Tensor | None = None,
        weights: Tensor | None = None,
        regions: Tensor | None = None,
    ) -> Any:
        """A call, in which method(node) is called instead of each node."""
        inputs, mask = masks.at_door(inputs, mask)
        weights = ops.padded(weights)
        if len(inputs.shape) > 2 and not isinstance(self.nodes[0], Pooling):
            inputs, mask = self._counted(inputs, mask, weights)
        return self._through(method, inputs, Company(mask, weights, regions))

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        inputs, previous_mask = masks.at_door(inputs, previous_mask)
        for node in self.nodes:
            previous_mask = _next_mask(node, inputs, previous_mask)
        return previous_mask

    def bag_mask(self, inputs: Tensor, mask: Tensor | None, regions: Tensor | None) -> Tensor | None:
        """The mask of what it gives where a call has `regions=`."""
        company = Company(mask, None, regions)
        for node in self.nodes:
            company = company.behind(node, inputs)
        return company.mask

    def compute_output_shape(self, input_shape: Shape, regions: Shape | None = None) -> Any:
        for node in self.nodes:
            self._check_single(input_shape)
            given = {"regions": regions} if getattr(node, "asks_regions", False) else {}
            input_shape = node.compute_output_shape(input_shape, **given)
        return input_shape

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor | None = None, weights: Tensor | None = None, regions: Tensor | None = None
    ) -> Any:
        inputs, mask = masks.at_door(inputs, mask)
        company = Company(mask, ops.padded(weights), regions)
        return self._through(lambda node: node.compute_output_spec, inputs, company)

    def _counted(self, inputs: Tensor, mask: Tensor | None, weights: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """What counts, and 0 elsewhere: behind a stage as behind dense, NaN there would be in its weights' gradient."""
        masks.check_shapes(inputs.shape[:-1], mask=mask, weights=weights)
        counted, _ = masks.counting(mask, weights, ops.accumulator(self.compute_dtype))
        return ops.where_expanded(counted, inputs, 0.0), counted

    def _through(self, method: Callable[[Any], Any], inputs: Tensor, company: Company) -> Any:
        if company.regions is not None and not self.asks_regions:
            raise SpecError(f"{self.spec.display()} asks for no regions=, and was given some")
        for node in self.nodes:
            outputs = method(node)(inputs, **company.suiting(node))
            company = company.behind(node, inputs)
            inputs = outputs
        return inputs

    def _check_single(self, input_shape: Any) -> None:
        if isinstance(input_shape, dict):
            raise SpecError(
                f"{self.spec.display()}: nothing can follow several outputs ({', '.join(input_shape)}); "
                "put what follows into their branches"
            )


@dataclass(frozen=True)
class Company:
    """What goes along with a tensor from layer to layer: what of it counts, how often, and what cuts it."""

    mask: Tensor | None
    weights: Tensor | None
    regions: Tensor | None

    def suiting(self, node: keras.layers.Layer) -> dict[str, Tensor]:
        """What of it a layer can take, as the arguments of its call."""
        given = {"mask": self.mask, "weights": self.weights}
        if getattr(node, "asks_regions", False):
            given["regions"] = self.regions
        known = inspect.signature(node.call).parameters
        return {name: x for name, x in given.items() if x is not None and name in known}

    def behind(self, node: keras.layers.Layer, inputs: Tensor) -> Company:
        """What is left of it behind a layer: a pool has used it up, and masks the bags it leaves empty."""
        if not isinstance(node, Pooling):
            return Company(_next_mask(node, inputs, self.mask), self.weights, self.regions)
        mask = self.mask
        if self.weights is not None and not isinstance(self.weights, keras.KerasTensor):
            mask, _ = masks.counting(mask, self.weights, ops.accumulator(node.compute_dtype))
        if node.asks_regions:
            return Company(node.bag_mask(inputs, mask, self.regions), None, None)
        return Company(_next_mask(node, inputs, mask), None, self.regions)


def _next_mask(node: keras.layers.Layer, inputs: Tensor, mask: Tensor | None) -> Tensor | None:
    return None if mask is None or not node.supports_masking else node.compute_mask(inputs, mask)
