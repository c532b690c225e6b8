"""What is done only where it must be, under XLA."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from keras import ops as kops

from kpool.ops.tensors import Tensor

_ELEMENTWISE = (
    "Const", "Identity", "Cast", "Reshape", "ExpandDims", "ZerosLike", "OnesLike",
    "AddV2", "Sub", "Mul", "RealDiv", "Neg", "Abs", "Sign", "Square", "Sqrt", "Maximum", "Minimum",
    "Pow", "Rsqrt", "SquaredDifference", "Exp", "Expm1", "Log", "Log1p", "Erf", "Sin", "Cos", "BiasAdd",
    "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Softplus", "Tanh",
    "IsNan", "IsFinite", "Equal", "Greater", "GreaterEqual", "Less", "LessEqual",
    "LogicalAnd", "LogicalOr", "LogicalNot", "SelectV2",
)  # fmt: skip


def unless(serves: Tensor, values: Any, otherwise: Callable[..., Any], *given: Tensor) -> Any:
    """The values where they serve, and otherwise those of a function of what is given; TensorFlow's, under XLA.

    In a loop of no step or one. Of two branches that it takes for cheap, as sums are, XLA computes both and chooses;
    and what goes into a branch TensorFlow's bridge (2.21) evaluates for seconds, to see whether it is a constant.
    """
    import tensorflow as tf

    def made(*_: Tensor) -> list[Tensor]:
        return [True, *tf.nest.flatten(otherwise(*_anew(given)))]

    _, *found = tf.while_loop(lambda served, *_: tf.logical_not(served), made, [serves, *tf.nest.flatten(values)])
    return tf.nest.pack_sequence_as(values, found)


def either(holds: Tensor, one: Callable[..., Any], other: Callable[..., Any], *given: Tensor, start: Any) -> Any:
    """What one function of what is given gives where something holds, and else what another does.

    Args:
        start: Something of the same shape.
    """
    return unless(holds, unless(kops.logical_not(holds), start, one, *given), other, *given)


def pulled_back(function: Callable[..., Any], arguments: Any, upstream: Sequence[Tensor]) -> Any:
    """The gradients of the arguments of a function that those of its values make; TensorFlow's."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        values = tf.nest.flatten(function(*arguments))
    return tape.gradient(values, arguments, list(upstream), unconnected_gradients="zero")


def _anew(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tensors, in a loop, computed there of what is stored anyway: XLA stores whatever a loop is given."""
    from tensorflow.python.framework.ops import get_default_graph

    graph = get_default_graph()

    @functools.cache
    def copied(op: Any) -> Any:
        inputs = [anew(x) for x in op.inputs]
        attributes = {name: op.node_def.attr[name] for name in op.node_def.attr}
        copy = graph.create_op(op.type, inputs, [y.dtype for y in op.outputs], attrs=attributes, op_def=op.op_def)
        copy.outputs[0].set_shape(op.outputs[0].shape)
        return copy

    def anew(x: Tensor) -> Tensor:
        at_hand = getattr(x, "graph", graph) is graph  # one with values has none
        return x if at_hand or x.op.type not in _ELEMENTWISE else copied(x.op).outputs[0]

    return [anew(x) for x in tensors]
