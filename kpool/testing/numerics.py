"""Numerics: the formula's value, whatever the dtype, the mode, the order and the company."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from kpool.pipe import Pipe
from kpool.testing import backend, run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import Array, as_array, finite, hold, near, same
from kpool.testing.data import MANY
from kpool.testing.target import Target


@check("The layer is not its formula.")
def oracle(target: Target) -> str:
    if target.oracle is None:
        raise Skipped("no oracle is given: pass oracle=, the formula in NumPy")
    if not target.whole:
        raise Skipped("an oracle is of one bag; the region laws hold the others to it")
    noted = ""
    for dtype, units in (("float64", 64), ("float32", 8)):
        layer, batch = target.layer(dtype), target.batch()
        expected = np.stack([target.oracle(b, layer) for b in _bags(batch.x, batch.mask)])
        given, units = run.call(layer, batch.x, batch.mask), units * target.depth
        noted = near(given, expected, f"oracle, {dtype}", units=units, dtype=dtype)
    return noted


@check("The answer depends on the order of elements, though permutation_invariant says that it does not.")
def permutation(target: Target) -> str:
    layer = target.layer()
    if not getattr(layer, "permutation_invariant", False):
        raise Skipped("it does not say that it is permutation invariant")
    if not target.whole:
        raise Skipped("its region cuts bags by position")
    batch = target.batch()
    order = np.random.default_rng(target.seed).permutation(batch.x.shape[1])
    given, expected = run.call(layer, batch.x[:, order], batch.mask[:, order]), run.call(layer, batch.x, batch.mask)
    return near(given, expected, "the elements in another order", units=4 * target.depth, terms=batch.x)


@check("An example's answer depends on the other examples in its batch.")
def batch_mates(target: Target) -> None:
    layer, batch = target.layer(), target.batch()
    expected = run.call(layer, batch.x, batch.mask)[2]
    for junk in (7.0, 3e38) if target.positive else (-7.0, 3e38, np.nan):
        x = np.where(np.arange(len(batch.x)).reshape(-1, *[1] * (batch.x.ndim - 1)) == 2, batch.x, junk)
        same(run.call(layer, x.astype("float32"), batch.mask)[2], expected, f"an example beside others of {junk}")


@check("Eager execution, tf.function and XLA give different answers.", cases=("graph", "xla", "xla, the gradient"))
def modes_agree(target: Target, case: str) -> str:
    if case == "xla, the gradient":
        return _gradients_agree(target)
    layer, batch = target.layer(), target.batch(rows=16)
    compiled = backend.compiled(lambda x, mask: run.joined(run.outputs(layer, x, mask)), case)
    given = as_array(compiled(batch.x, batch.mask))
    expected = run.call(layer, batch.x, batch.mask)
    return near(given, expected, f"eager and {case}", units=2 * target.depth, terms=batch.x)


def _gradients_agree(target: Target) -> str:
    """Within 64 eps of the greatest gradient of all: what a shift of scores does, say, is a sum that cancels."""
    positions = MANY[target.rank]
    layer, batch = target.layer(positions=positions), target.batch(positions=positions)
    named = [f"of {weight.name}" for weight in layer.trainable_weights]
    soft = None
    if target.is_pooling:
        soft = np.random.default_rng(target.seed).uniform(0.5, 1.5, batch.mask.shape).astype("float32")
        named.append("of the elements' weights")
    expected = run.slopes(layer, batch.mask, target.seed, soft=soft)(batch.x)
    compiled = run.slopes(layer, batch.mask, target.seed, soft=soft, jit_compile=True)
    given = compiled(batch.x)
    terms = np.array([np.abs(g).max(initial=0.0) for g in (expected.input, *expected.weights)])
    near(given.answer, expected.answer, "eager and xla, the answer", units=4 * target.depth, terms=batch.x)
    noted = near(given.input, expected.input, "eager and xla, the gradient of the input", units=64, terms=terms)
    for name, g, e in zip(named, given.weights, expected.weights, strict=True):
        near(g, e, f"eager and xla, the gradient {name}", units=64, terms=terms)
    for case in _HARD:  # but not of the weights: what rounding leaves of a score of 10³⁰ may be too much for theirs
        hard = compiled(_hard(target, batch.x, case))
        _all_finite(f"xla, {case}", hard.answer, hard.input)
    return noted


@check("The same call gives another answer the next time.")
def deterministic(target: Target) -> None:
    layer, batch = target.layer(), target.batch()
    expected = run.call(layer, batch.x, batch.mask, training=False)
    for _ in range(4):
        same(run.call(layer, batch.x, batch.mask, training=False), expected, "the same call again")


@check("Training and inference differ, though no trait says so; or inference is what training should be.")
def training_flag(target: Target) -> None:
    layer, batch = target.layer(), target.batch()
    inference = run.call(layer, batch.x, batch.mask, training=False)
    same(run.call(layer, batch.x, batch.mask), inference, "no training flag and training=False")
    before = layer.get_weights()
    training = run.call(layer, batch.x, batch.mask, training=True)
    layer.set_weights(before)
    if isinstance(layer, Pipe) or getattr(layer, "stochastic", False) or getattr(layer, "learned_statistics", False):
        return  # a pipe may have stages that train otherwise, as dropout does
    same(training, inference, "training=True and training=False, though it is not stochastic")


def _bags(x: Array, mask: Array) -> list[Array]:
    return [values[counts].astype("float64") for values, counts in zip(x, mask, strict=True)]


_HARD: dict[str, Callable[[Array], Array]] = {
    "zeros": lambda x: np.zeros_like(x),
    "ties": lambda x: np.round(x),
    "constant": lambda x: np.full_like(x, 0.7),
    "tiny": lambda x: x * 1e-20,
    "huge": lambda x: x * 1e15,
    "below 0": lambda x: -np.abs(x),
    "far below 0": lambda x: -100 - np.abs(x),
}


@check("Training stops with NaN at inputs that a root, a power or a tie makes hard.", cases=tuple(_HARD))
def finite_gradients(target: Target, case: str) -> None:
    layer, batch = target.layer(), target.batch()
    x = _hard(target, batch.x, case)
    for mask in (None, batch.mask):
        given = run.gradients(layer, x, mask)
        _all_finite(case, given.answer, given.input, *given.weights)


def _hard(target: Target, x: Array, case: str) -> Array:
    x = _HARD[case](x)
    return np.abs(x) if target.positive else x


def _all_finite(case: str, answer: Array, of_input: Array, *of_weights: Array) -> None:
    finite(answer, f"the answer at {case}")
    finite(of_input, f"the gradient of the input at {case}")
    for values in of_weights:
        finite(values, f"the gradient of a weight at {case}")


@check("The gradient is not the derivative: a custom gradient, a stop_gradient or a cast is wrong.")
def gradcheck(target: Target) -> None:
    layer, batch = target.layer("float64"), target.batch()
    x, mask, step = batch.x.astype("float64"), batch.mask, 1e-6
    given = run.gradients(layer, x, mask, target.seed)
    rng = np.random.default_rng(target.seed)
    rows = tuple(range(1, x.ndim))
    for _ in range(8):
        along = rng.normal(size=x.shape)
        above, below = (run.call(layer, x + s * step * along, mask) for s in (1, -1))
        slope = (given.cotangent * (above - below)).sum(axis=tuple(range(1, above.ndim))) / (2 * step)
        _close((given.input * along).sum(axis=rows), slope, "the input")
    _weight_gradcheck(target, layer, given, x, mask)


def _weight_gradcheck(target: Target, layer: keras.layers.Layer, given: run.Gradients, x: Array, mask: Array) -> None:
    rng, step = np.random.default_rng(target.seed), 1e-6
    for weight, gradient in zip(layer.trainable_weights, given.weights, strict=True):
        value, along = np.asarray(weight), rng.normal(size=weight.shape)
        answers = []
        for sign in (1, -1):
            weight.assign(value + sign * step * along)
            answers.append(run.call(layer, x, mask))
        weight.assign(value)
        slope = (given.cotangent * (answers[0] - answers[1])).sum() / (2 * step)
        _close(np.asarray((gradient * along).sum()), slope, f"the weight {weight.name}")


def _close(given: Array, expected: Array, what: str) -> None:
    hold(
        np.allclose(given, expected, rtol=1e-3, atol=1e-5),
        f"the gradient of {what} says {given}, differences say {expected}",
    )
