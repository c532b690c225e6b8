"""Lowering: a model without kpool, of Keras's own operations and layers."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops as kops

from kpool.combinators.base import Combinator
from kpool.errors import KpoolError
from kpool.ops import Tensor
from kpool.pipe import Pipe
from kpool.pooling import Pooling
from kpool.region.occupied import Occupied


def lower(model: keras.Model) -> keras.Model:
    """A model that answers as this one does and, saved, loads where kpool is not installed, on any backend.

    Poolings, stages and what joins them become operations of `keras.ops`, masks included; Keras's own layers are kept,
    as copies with the same weights. The weights of poolings are held by `keras.layers.Embedding`s of one entry, and can
    be trained or stay frozen as before; but what a pooling does in training only, drawing or gathering statistics, it
    does no longer. Mask values other than 0 and 1 are no longer refused: they do not count.

    Args:
        model: A Functional model, or a Sequential one that is built. The batch may be of any size; other lengths must
            be known where a pooling has a place for each.

    Raises:
        KpoolError: the model's inputs are not known, or a layer cannot be said in operations: `lstm` and `gru`, whose
            loops none says, and what a wrapper like TimeDistributed calls; the message names it.
    """
    if not getattr(model, "inputs", None):
        raise KpoolError(
            f"{type(model).__name__} has no known inputs; lower a Functional model, or a Sequential one that is built"
        )
    return _Lowering().of(_functional(model))


def replaced(layer: keras.layers.Layer) -> bool:
    """Whether operations take its place: a layer of Keras's or of the user's own stays as it is."""
    package = type(layer).__module__.partition(".")[0]
    return isinstance(layer, (Pooling, Pipe)) or package in ("kpool", "kpool_plugins")


def _functional(model: keras.Model) -> keras.Model:
    return model._functional if isinstance(model, keras.Sequential) else model


def is_keras(thing: Any) -> bool:
    """Whether it is a layer or an operation of Keras's own."""
    return type(thing).__module__.partition(".")[0] == "keras"


class _Lowering:
    """One model's: which copies there are of Keras's layers, and what weights are looked up with."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[keras.layers.Layer, keras.layers.Layer]] = {}
        self._held: dict[int, tuple[keras.layers.Embedding, keras.Variable, Tensor]] = {}
        self._models: dict[int, keras.Model] = {}
        self._index: Tensor = None

    def of(self, model: keras.Model) -> keras.Model:
        inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name) for x in model.inputs]
        self._index = _zero(inputs[0])
        structure = keras.tree.pack_sequence_as(model._inputs_struct, inputs)
        lowered = keras.Model(structure, model._run_through_graph(inputs, self._outer), name=model.name)
        if any(isinstance(operation, Occupied) for operation in lowered.operations):
            lowered = keras.Model(structure, lowered._run_through_graph(inputs, _called_masks), name=model.name)
        self._set_weights()
        return lowered

    def _outer(self, operation: Any) -> Any:
        """What takes the place of an operation of the model's graph."""
        if isinstance(operation, keras.Model) and getattr(operation, "inputs", None):
            return self._nested(operation)
        if not isinstance(operation, keras.layers.Layer):
            return operation
        if not replaced(operation):
            return self._copy(operation, operation.name)
        return lambda *args, **kwargs: self._masked(operation, *args, **kwargs)

    def _nested(self, model: keras.Model) -> keras.Model:
        if id(model) not in self._models:
            self._models[id(model)] = _Lowering().of(_functional(model))
        return self._models[id(model)]

    def _masked(self, layer: keras.layers.Layer, inputs: Tensor, *args: Any, **kwargs: Any) -> Any:
        """The answer, with the mask that Keras would attach."""
        answer = self._expanded(layer)(inputs, *args, **kwargs)
        given = kwargs.get("mask", getattr(inputs, "_keras_mask", None))
        mask = layer.compute_mask(inputs, given) if layer.supports_masking and given is not None else None
        for tensor in keras.tree.flatten(answer) if mask is not None else ():
            tensor._keras_mask = mask
        return answer

    def _expanded(self, layer: keras.layers.Layer, path: str = "") -> Any:
        """What is called instead of a layer, inside another's path or by itself."""
        path = f"{path}{layer.name}"
        if isinstance(layer, Pipe):
            return lambda *args, **kwargs: layer.through(lambda node: self._expanded(node, f"{path}_"), *args, **kwargs)
        if isinstance(layer, Combinator):
            return lambda *args, **kwargs: self._joined(layer, path, *args, **kwargs)
        if is_keras(layer):
            return self._copy(layer, path)
        return lambda *args, **kwargs: self._called(layer, path, *args, **kwargs)

    def _joined(self, layer: Combinator, path: str, *args: Any, **kwargs: Any) -> Any:
        with self._symbolic(layer, path):
            return layer.joined(lambda branch: self._expanded(branch, f"{path}_"), *args, **kwargs)

    def _called(self, layer: keras.layers.Layer, path: str, *args: Any, **kwargs: Any) -> Any:
        if not getattr(layer, "lowers", True):
            raise KpoolError(f"{_name(layer)} cannot be lowered: a loop over its steps is no operation of keras.ops")
        try:
            with self._symbolic(layer, path):
                return layer.call(*args, **kwargs)
        except KpoolError:
            raise
        except Exception as error:
            first = " ".join(str(error).split())[:200]
            raise KpoolError(
                f"{_name(layer)} cannot be lowered: it needs lengths that its input does not have, or does more than "
                "keras.ops can say; give the model's inputs a known shape, as in keras.Input((16, 64)), "
                "or with the batch keras.Input(batch_shape=(8, 16, 64)) "
                f"({type(error).__name__}: {first})"
            ) from error

    @contextlib.contextmanager
    def _symbolic(self, layer: keras.layers.Layer, path: str) -> Iterator[None]:
        """In here the layer's weights are outputs of layers of the graph, and its Keras layers are their copies."""
        own = dict(vars(layer))
        try:
            for name, value in own.items():
                if isinstance(value, keras.Variable) and "float" in value.dtype:
                    vars(layer)[name] = self._weight(value, f"{path}_{name}", layer.trainable)
                elif isinstance(value, keras.layers.Layer) and is_keras(value):
                    vars(layer)[name] = self._copy(value, f"{path}_{name}")
            yield
        finally:
            vars(layer).update(own)

    def _weight(self, variable: keras.Variable, name: str, trainable: bool) -> Tensor:
        if id(variable) not in self._held:
            size, trained = math.prod(variable.shape), trainable and variable.trainable
            holder = keras.layers.Embedding(1, size, name=name, dtype=str(variable.dtype), trainable=trained)
            looked_up = kops.reshape(holder(self._index), tuple(variable.shape))
            self._held[id(variable)] = holder, variable, looked_up
        return self._held[id(variable)][-1]

    def _copy(self, layer: keras.layers.Layer, name: str) -> keras.layers.Layer:
        if inside := [_name(inner) for inner in layer._flatten_layers(include_self=False) if replaced(inner)]:
            raise KpoolError(
                f"{layer.name} cannot be lowered: {type(layer).__name__} calls {', '.join(inside)} in its own "
                "way; call the pooling itself, over a region"
            )
        if id(layer) not in self._copies:
            copied = type(layer).from_config(layer.get_config() | {"name": name})
            self._copies[id(layer)] = (copied, layer)
        return self._copies[id(layer)][0]

    def _set_weights(self) -> None:
        for copied, layer in self._copies.values():
            if copied.built:  # else it is for training only
                copied.set_weights(layer.get_weights())
        for holder, variable, _ in self._held.values():
            holder.set_weights([kops.convert_to_numpy(variable).reshape(1, -1)])


def _called_masks(operation: Any) -> Any:
    return operation.call if isinstance(operation, Occupied) else operation


def _name(layer: keras.layers.Layer) -> str:
    return str(getattr(layer, "strategy_name", type(layer).__name__))


def _zero(x: Tensor) -> Tensor:
    """The index 0, as a vector of one: made of an input, but of none of its values."""
    return kops.cast(kops.reshape(kops.sum(kops.zeros_like(x[:1, ...])), (1,)), "int32")
