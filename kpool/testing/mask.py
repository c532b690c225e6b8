"""What a mask must do: an element that does not count changes nothing, and what is no mask is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np

from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import Array, as_array, finite, hold, near, same
from kpool.testing.models import answer, feed, model_of
from kpool.testing.target import Target

_JUNK = {"NaN": np.nan, "+inf": np.inf, "-inf": -np.inf, "3e38": 3e38}


@check("What stands on masked elements leaks into the answer.", cases=(*_JUNK, "random"))
def masked_values(target: Target, case: str) -> None:
    for rank in target.ranks:
        layer, (x, mask) = target.layer(rank=rank), _masked(target, rank)
        expected = run.call(layer, x, mask)
        same(run.call(layer, _filled(x, mask, case), mask), expected, f"{case} on masked elements, rank {rank}")


@check("What stands on masked elements leaks into the gradient, or is trained.", cases=(*_JUNK, "random"))
def masked_gradients(target: Target, case: str) -> None:
    layer, (x, mask) = target.layer(), _masked(target)
    expected, given = run.gradients(layer, x, mask), run.gradients(layer, _filled(x, mask, case), mask)
    hold(not given.input[~mask].any(), f"{case} on masked elements: their gradient is not 0")
    same(given.input, expected.input, f"{case} on masked elements, the gradient of the input")
    for g, e in zip(given.weights, expected.weights, strict=True):
        same(g, e, f"{case} on masked elements, the gradient of a weight")


@check("A mask that is True everywhere gives another answer than no mask.")
def full_mask(target: Target) -> str:
    layer, batch = target.layer(), target.batch()
    given, expected = run.call(layer, batch.x, np.ones_like(batch.mask)), run.call(layer, batch.x)
    return near(given, expected, "full mask and no mask", units=2 * target.depth, terms=batch.x)


@check("A padded sequence gives another answer than the same sequence cut short.", cases=("right", "left", "gapped"))
def padding(target: Target, case: str) -> str:
    target.needs(3)
    if not target.whole:
        raise Skipped("it keeps the positions: padding moves its bags")
    layer, x = target.layer(rank=3), target.batch(3).x
    steps = x.shape[1]
    at = {"right": range(steps), "left": range(4, steps + 4), "gapped": [*range(0, steps, 2), *range(steps, steps + 4)]}
    kept = list(at[case])[:steps]
    padded = np.full((x.shape[0], steps + 4, x.shape[2]), 3e38, "float32")
    padded[:, kept], mask = x[:, : len(kept)], np.zeros(padded.shape[:2], bool)
    mask[:, kept] = True
    given, expected = run.call(layer, padded, mask), run.call(layer, x[:, : len(kept)])
    return near(given, expected, f"padded ({case}) and cut short", units=2 * target.depth, terms=x)


@check("A row in which nothing counts gives NaN, or spoils the others.")
def empty_row(target: Target) -> None:
    for rank in target.ranks:
        layer, (x, mask) = target.layer(rank=rank), _masked(target, rank)
        emptied = _emptied(mask)
        given, before = run.call(layer, x, emptied), run.call(layer, x, mask)
        finite(given[1], f"the answer for an empty row, rank {rank}")
        if target.is_pooling:
            empty = np.full_like(given[1], layer.empty_value)
            same(given[1], empty, f"the answer for an empty row, rank {rank}")
        same(np.delete(given, 1, 0), np.delete(before, 1, 0), f"the other rows, rank {rank}")


@check("One row in which nothing counts turns the gradients of the whole batch into NaN.")
def empty_row_gradient(target: Target) -> None:
    layer, (x, mask) = target.layer(), _masked(target)
    given = run.gradients(layer, x, _emptied(mask))
    hold(not given.input[1].any(), "the gradient of an empty row is not 0")
    for gradient in (given.input, *given.weights):
        finite(gradient, "the gradient beside an empty row")


@check("The mask goes on to the layers behind, where there are no steps for it, and weighs the loss.")
def no_mask_leak(target: Target) -> None:
    if not target.whole:
        raise Skipped("it keeps the positions, and a mask with them")
    pooled = model_of(target)
    hold(getattr(pooled.output, "_keras_mask", None) is None, "its answer still carries a mask")
    model = keras.Model(pooled.inputs, keras.layers.Dense(1)(pooled.output))
    model.compile("sgd", "mse", run_eagerly=True)
    given, y = feed(target), np.arange(4, dtype="float32")
    expected = float(np.mean((answer(model, given)[:, 0] - y) ** 2))
    loss = float(np.asarray(model.test_on_batch(given, y)))
    hold(abs(loss - expected) <= 1e-4 * abs(expected), f"evaluate sees a loss of {loss:g}, expected {expected:g}")
    finite(np.asarray(model.train_on_batch(given, y)), "the loss in fit")


@check("0 and 1 mean something else than False and True.", cases=("int32", "uint8", "float32"))
def mask_dtypes(target: Target, case: str) -> None:
    layer, (x, mask) = _with_argument(target), _masked(target)
    same(run.call(layer, x, mask.astype(case)), run.call(layer, x, mask), f"mask of dtype {case}")


@check("Keras's implicit mask, as Embedding and Masking give it, is not the same as mask=.")
def implicit_mask(target: Target) -> None:
    layer, (x, mask) = _with_argument(target), _masked(target)
    x = np.moveaxis(x, -1, 1) if run.door(layer, x.shape) != x.shape else x
    same(as_array(run.joined(layer(run.implicit(x, mask)))), as_array(run.joined(layer(x, mask=mask))), "mask")


_NO_MASKS: dict[str, Any] = {
    "additive": lambda m: np.where(m, 0.0, -1e9).astype("float32"),
    "soft": lambda m: np.where(m, 0.5, 0.0).astype("float32"),
    "NaN": lambda m: np.where(m, 1.0, np.nan).astype("float32"),
    "(B, 1)": lambda m: m.reshape(len(m), -1)[:, :1].reshape(len(m), *[1] * (m.ndim - 1)),
    "(B, T+1)": lambda m: np.pad(m, [(0, 0)] * (m.ndim - 1) + [(0, 1)]),
    "(B, T, 1)": lambda m: m[..., None],
}


@check("Something that is no mask is taken for one, and the answer is silently wrong.", cases=tuple(_NO_MASKS))
def bad_mask_refused(target: Target, case: str) -> None:
    layer, (x, mask) = _with_argument(target), _masked(target)
    refusals: tuple[type[Exception], ...] = (ValueError,)
    if not target.is_pooling and keras.backend.backend() == "tensorflow":
        refusals += (run.tensorflow("errors").errors.InvalidArgumentError,)
    with contextlib.suppress(*refusals):
        run.call(layer, x, _NO_MASKS[case](mask))
        raise AssertionError(f"a mask that is {case} is taken without a word")


@check("A mask that was lost on the way is not missed, though require_mask=True asks for it.")
def lost_mask_refused(target: Target) -> None:
    if not target.is_pooling:
        raise Skipped("only a kpool.Pooling knows require_mask")
    layer, (x, mask) = target.make(require_mask=True), _masked(target)
    run.call(layer, x, mask)
    with contextlib.suppress(ValueError):
        run.call(layer, x)
        raise AssertionError("require_mask=True, and no mask is taken without a word")


@check("Weights of 1 change the answer, or an element of weight 0 counts.", cases=("ones", "zeros"))
def weights(target: Target, case: str) -> str:
    layer, (x, mask) = target.layer(), _masked(target)
    if not run.takes(layer, "weights"):
        raise Skipped("it takes no weights")
    soft = np.ones_like(mask, "float32") if case == "ones" else mask.astype("float32")
    expected = run.call(layer, x, None if case == "ones" else mask)
    return near(run.call(layer, x, weights=soft), expected, f"weights of {case}", units=2 * target.depth, terms=x)


@check("An element of weight 2 is not as two; or twice all weights say something, though weights_repeat is False.")
def weights_repeat(target: Target) -> str:
    if not target.is_pooling or not target.whole or 3 not in target.ranks:
        raise Skipped("it is no kpool.Pooling, keeps its positions, or takes no sequence")
    layer, x = target.layer(rank=3), target.batch(3).x
    times = np.resize([2, 0, 1, 3, 1], x.shape[1])
    soft = np.broadcast_to(times.astype("float32"), x.shape[:2])
    given, units = run.call(layer, x, weights=soft), 8 * target.depth
    if layer.weights_repeat:
        expected = run.call(layer, np.repeat(x, times, axis=1))
        return near(given, expected, "weights and repeated elements", units=units, terms=x)
    return near(run.call(layer, x, weights=2 * soft), given, "weights and twice the weights", units=units, terms=x)


@check("A region that keeps a grid gives no mask for it, or the wrong one.")
def grid_mask(target: Target) -> None:
    layer, (x, mask) = target.layer(), _masked(target)
    shape = layer.compute_output_shape(run.door(layer, x.shape))
    if target.whole or len(shape) == 2 or not layer.supports_masking:
        raise Skipped("it keeps no grid, or says that it has no mask")
    mask[1] = False
    given = as_array(layer.compute_mask(x, keras.ops.convert_to_tensor(mask)))
    hold(given.shape in (shape[:-1], shape[:1] + shape[2:]), f"a mask of shape {given.shape} for a grid {shape}")
    hold(given[0].all(), "a bag without masked elements is masked")
    hold(not given[1].any(), "an empty bag is not masked")


def _masked(target: Target, rank: int = 0) -> tuple[Array, Array]:
    batch = target.batch(rank)
    return batch.x, batch.mask.copy()


def _emptied(mask: Array) -> Array:
    emptied = mask.copy()
    emptied[1] = False
    return emptied


def _filled(x: Array, mask: Array, case: str) -> Array:
    junk = _JUNK.get(case, np.random.default_rng(1).normal(scale=1e6, size=x.shape))
    return np.where(mask[..., None], x, junk).astype("float32")


def _with_argument(target: Target) -> keras.layers.Layer:
    hold(target.takes_mask, "it takes no mask")
    return target.layer()
