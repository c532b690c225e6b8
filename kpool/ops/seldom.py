"""What is done only where it must be, under XLA."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from kpool.ops.tensors import Tensor, certain, is_fused

_ELEMENTWISE = (
    "Const", "Identity", "Cast", "Reshape", "ExpandDims", "ZerosLike", "OnesLike",
    "AddV2", "Sub", "Mul", "RealDiv", "Neg", "Abs", "Sign", "Square", "Sqrt", "Maximum", "Minimum",
    "Pow", "Rsqrt", "SquaredDifference", "Exp", "Expm1", "Log", "Log1p", "Erf", "Sin", "Cos", "BiasAdd",
    "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Softplus", "Tanh",
    "IsNan", "IsFinite", "Equal", "Greater", "GreaterEqual", "Less", "LessEqual",
    "LogicalAnd", "LogicalOr", "LogicalNot", "SelectV2",
)  # fmt: skip


def unless(serves: Tensor, values: Any, otherwise: Callable[..., Any], *given: Tensor) -> Any:
    """The values where they serve, and otherwise those of a function of what is given; TensorFlow's, under XLA."""
    return _one_of_three(serves, lambda: values, lambda: otherwise(*_anew(given)), lambda: values)


def unless_told(serves: Tensor, values: Any, otherwise: Callable[..., Any], *given: Tensor) -> Any:
    """The same in a function whose gradient is told: in a loop of no step or one, which copies no value past it.

    XLA (TF 2.21) takes such a loop as it is only if it does not know how often it may run, and then it differentiates
    none; for gradients of gradients there are branches.
    """
    import tensorflow as tf

    flat = tf.nest.flatten(values)
    if _orders([*flat, *given]) > 1:
        return unless(serves, values, otherwise, *given)

    def made(*_: Tensor) -> list[Tensor]:
        return [True, *tf.nest.flatten(otherwise(*_anew(given)))]

    _, *found = tf.while_loop(lambda served, *_: tf.logical_not(served), made, [serves, *flat])
    return tf.nest.pack_sequence_as(values, found)


def made_once(values: Sequence[Tensor], source: Tensor) -> list[Tensor]:
    """The values, in a gradient that is told: XLA (TF 2.21), which would make them anew for each element that they are
    gathered for, finds them behind a loop that is not entered. Where the gradient has one itself, nothing is done.

    Args:
        source: Any tensor that is an input of what is compiled: whether it is one XLA does not know.
    """
    if not is_fused() or _orders(values) > 0:
        return list(values)
    return unless_told(certain(source), list(values), lambda *values: list(values), *values)  # type: ignore[no-any-return]


def either(
    holds: Tensor,
    one: Callable[..., Any],
    other: Callable[..., Any],
    *given: Tensor,
    spare: Callable[[], Any],
) -> Any:
    """What one function of what is given gives where something holds, and else what another does.

    Args:
        spare: Gives something of the same shape, which nobody sees.
    """
    return _one_of_three(holds, lambda: one(*_anew(given)), lambda: other(*_anew(given)), spare)


def _one_of_three(holds: Tensor, one: Callable[[], Any], other: Callable[[], Any], spare: Callable[[], Any]) -> Any:
    """One or the other. Of two branches that it takes for cheap, as sums are, XLA computes both and chooses; of three,
    the last of which is never taken, it does not (TF 2.21)."""
    import tensorflow as tf

    values = tf.switch_case(tf.cast(holds, "int32"), [other, one, spare])
    _hide_inputs(tf.nest.flatten(values)[0].op.inputs[0].op)
    return values


def _hide_inputs(case: Any) -> None:
    """Make a choice of branches take its inputs from a loop of one step, which gives them as they are.

    TensorFlow's bridge to XLA (2.21) asks of each whether it is a constant, as those that are shapes must be, and to
    find out evaluates all that it is made of, number by number: for seconds. Beyond a loop it does not look, and XLA
    takes the loop away; one that counts in another way (`maximum_iterations`) it leaves there.
    """
    import tensorflow as tf

    if case.type not in ("Case", "StatelessCase"):  # a function around it, for gradients of gradients
        return
    given = {i: x for i, x in enumerate(case.inputs) if i == 0 or not (x.dtype.is_integer and x.shape.rank in (0, 1))}
    start = [0, *map(tf.zeros_like, given.values())]
    _, *hidden = tf.while_loop(lambda i, *_: i < 1, lambda i, *_: [i + 1, *given.values()], start)
    for i, x in zip(given, hidden, strict=True):
        case._update_input(i, x)


def pulled_back(function: Callable[..., Any], arguments: Any, upstream: Sequence[Tensor]) -> Any:
    """The gradients of the arguments of a function that those of its values make; TensorFlow's."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        values = tf.nest.flatten(function(*arguments))
    return tape.gradient(values, arguments, list(upstream), unconnected_gradients="zero")


def _orders(tensors: Sequence[Tensor]) -> int:
    """Of what order derivatives may be asked by them: none, of the first, or of a higher one, 2."""
    from tensorflow.python.ops.gradients_util import PossibleTapeGradientTypes

    return int(PossibleTapeGradientTypes(tensors))


def _anew(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tensors, in a loop, computed there of what is stored anyway: XLA stores whatever a loop is given."""
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()

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
