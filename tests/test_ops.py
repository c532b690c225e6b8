"""Nothing here gives NaN or infinity for finite input, in values or in gradients; what is no number stays none."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from kpool import ops
from kpool.errors import KpoolError, SpecError
from kpool.reductions.softmax import shifted

NAN, INF = np.nan, np.inf


def gradient(function: Callable[..., tf.Tensor], *x: float) -> list[float]:
    inputs = [tf.constant(value, "float32") for value in x]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
    return [float(g) for g in tape.gradient(y, inputs)]


@pytest.mark.parametrize(
    ("function", "x", "y", "slope"),
    [
        pytest.param(ops.sqrt, 4, 2, 1 / 4, id="√ inside"),
        pytest.param(ops.sqrt, 0, 0, 0, id="√ at 0, where the slope is ∞"),
        pytest.param(ops.sqrt, -1, 0, 0, id="√ below 0"),
        pytest.param(ops.sqrt, 1e-40, 0, 0, id="√ below the least normal number"),
        pytest.param(ops.sqrt, 1e-36, 1e-18, 0.5e18, id="√ hardly above 0"),
        pytest.param(ops.log, 1, 0, 1, id="log inside"),
        pytest.param(ops.log, 0, 0, 0, id="log at 0"),
        pytest.param(lambda x: ops.power(x, 0.5), 0, 0, 0, id="root at 0"),
        pytest.param(lambda x: ops.power(x, 2.5), 4, 32, 20, id="power inside"),
        pytest.param(lambda x: ops.power(x, 2.5), -4, 0, 0, id="power below 0"),
        pytest.param(lambda x: ops.power(x, 1), 0, 0, 0, id="whole power at 0"),
        pytest.param(lambda x: ops.power(x, 1), 7, 7, 1, id="first power"),
        pytest.param(lambda x: ops.power(x, 7), -2, 0, 0, id="whole power below 0"),
    ],
)
def test_safe_functions(function: Callable[..., tf.Tensor], x: float, y: float, slope: float) -> None:
    assert float(function(tf.constant(x, "float32"))) == pytest.approx(y, rel=1e-6)
    assert gradient(function, x) == [pytest.approx(slope, rel=1e-6)]


@pytest.mark.parametrize(
    "function",
    [ops.sqrt, ops.log, lambda x: ops.power(x, 3), lambda x: ops.power(x, 0.3), lambda x: ops.divide(x, x)],
    ids=["√", "log", "whole power", "power", "divide"],
)
def test_nan_stays_nan(function: Callable[..., tf.Tensor]) -> None:
    assert np.isnan(function(tf.constant(NAN)))


@pytest.mark.parametrize("p", range(1, 9))
def test_whole_powers_are_powers(p: int) -> None:
    x = np.linspace(0, 3, 50)
    np.testing.assert_allclose(ops.power(tf.constant(x), p), x**p, rtol=1e-14)
    np.testing.assert_allclose(ops.power(tf.constant(x), tf.constant(p, "float64")), x**p, rtol=1e-14)


@pytest.mark.parametrize(
    ("x", "y", "ratio", "slopes"),
    [
        (6, 3, 2, [1 / 3, -2 / 3]),
        (6, -3, -2, [-1 / 3, -2 / 3]),
        (6, 0, 0, [0, 0]),
        (0, 0, 0, [0, 0]),
        pytest.param(6, 1e-40, 0, [0, 0], id="below the least normal number"),
        pytest.param(6, -1e-40, 0, [0, 0], id="hardly below 0"),
    ],
)
def test_divide(x: float, y: float, ratio: float, slopes: list[float]) -> None:
    assert float(ops.divide(tf.constant(x, "float32"), tf.constant(y, "float32"))) == ratio
    assert gradient(ops.divide, x, y) == pytest.approx(slopes)


def test_where_expanded() -> None:
    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(ops.where_expanded(None, x, 9), x)
    np.testing.assert_array_equal(
        ops.where_expanded(np.array([True, False]), tf.constant(x), 9), [[0, 1, 2], [9, 9, 9]]
    )


def test_finite_or_zero_has_no_gradient() -> None:
    x = tf.constant([1, NAN, INF, -INF])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.finite_or_zero(x)
    np.testing.assert_array_equal(y, [1, 0, 0, 0])
    assert tape.gradient(y, x) is None


@pytest.mark.parametrize(
    ("x", "top"), [([3, 1, 2], [3, 2]), ([1], [1, -INF]), ([], [-INF, -INF]), ([3, NAN, 9], [NAN, NAN])]
)
def test_largest(x: list[float], top: list[float]) -> None:
    y = ops.largest(tf.constant(x, "float32", (1, len(x), 1)), 2, axis=1)
    np.testing.assert_array_equal(y[0, :, 0], top)


@pytest.mark.parametrize(
    ("dtype", "kept"), [("float64", "float64"), ("float32", "float32"), ("bfloat16", "float32"), ("int8", "float32")]
)
def test_sums_are_never_kept_in_half(dtype: str, kept: str) -> None:
    assert ops.accumulator(dtype) == kept


def test_require_raises_at_once_where_values_are_at_hand() -> None:
    ops.require(tf.constant([True, True]), KpoolError, "never said")
    with pytest.raises(KpoolError, match="not so"):
        ops.require(tf.constant([True, False]), KpoolError, "not so")


def test_require_raises_when_a_graph_runs() -> None:
    @tf.function
    def positive(x: tf.Tensor) -> tf.Tensor:
        assert not ops.is_concrete(x)
        ops.require(x > 0, KpoolError, "not so")
        return x

    positive(tf.constant([1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not so"):
        positive(tf.constant([-1.0]))


def test_ragged_rows_are_padded_and_masked() -> None:
    ragged = tf.ragged.constant([[[1.0]], [], [[2.0], [3.0]]], ragged_rank=1, inner_shape=(1,))
    assert ops.is_ragged(ragged)
    np.testing.assert_array_equal(ops.padded(ragged)[..., 0], [[1, 0], [0, 0], [2, 3]])
    np.testing.assert_array_equal(ops.row_mask(ragged), [[True, False], [False, False], [True, True]])
    dense = tf.zeros((1, 2, 3))
    assert not ops.is_ragged(dense)
    assert ops.padded(dense) is dense


@pytest.mark.parametrize(
    ("x", "place"),
    [([3, 1, 2], 0), ([1, 2, 2], 1), ([-INF, -INF], None), ([3, NAN, 9], None), ([1, INF, INF], 1)],
    ids=["one", "several", "all −∞", "NaN", "∞"],
)
def test_first_greatest(x: list[float], place: int | None) -> None:
    given = ops.first_greatest(tf.constant(x, "float32", (1, len(x), 1)), axis=1)
    np.testing.assert_array_equal(given[0, :, 0], [i == place for i in range(len(x))])


def test_binomial_is_pascals_triangle() -> None:
    np.testing.assert_array_equal(ops.binomial([3])[:, 0], [0.25, 0.5, 0.25])
    np.testing.assert_array_equal(ops.binomial([4])[:, 0], [0.125, 0.375, 0.375, 0.125])
    np.testing.assert_array_equal(ops.binomial([3, 2])[:, 0], [0.125, 0.125, 0.25, 0.25, 0.125, 0.125])


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("y", [1e-20, 1e20, 3.0])
def test_gradients_of_a_quotient_need_no_square(jit: bool, y: float) -> None:
    x, y = tf.constant([[1e-21], [2e-21]]), tf.fill((1, 3), y)

    @tf.function(jit_compile=jit)
    def gradients(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch((x, y))
            q = ops.divide(x, y)
        return tape.gradient(q, (x, y))

    of_x, of_y = gradients(x, y)
    exact = [np.asarray(t, "float64") for t in (x, y)]
    np.testing.assert_allclose(of_x, np.broadcast_to(1 / exact[1], (2, 3)).sum(1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(of_y, (-exact[0] / exact[1] ** 2).sum(0, keepdims=True), rtol=1e-6, atol=1e-38)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_a_root_has_all_its_derivatives(jit: bool) -> None:
    @tf.function(jit_compile=jit)
    def derivatives(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = ops.root(x, 3)
            first = tape.gradient(y, x)
        return y, first, outer.gradient(first, x)

    x = np.array([0.1, 1.0, 8.0])
    expected = x ** (1 / 3), x ** (-2 / 3) / 3, -2 / 9 * x ** (-5 / 3)
    for given, exact in zip(derivatives(tf.constant(x, "float32")), expected, strict=True):
        np.testing.assert_allclose(given, exact, rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e15])
def test_the_greatest_score_is_the_greatest_under_xla(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=(4, 9)).astype("float32") * np.float32(scale)

    @tf.function(jit_compile=True)
    def powers(x: tf.Tensor) -> tf.Tensor:
        scores = x / np.float32(np.sqrt(8))
        return shifted(scores, tf.stop_gradient(tf.reduce_max(scores, 1, keepdims=True)))

    np.testing.assert_array_equal(np.max(powers(tf.constant(x)), axis=1), 0)


@pytest.mark.parametrize("axes", [1, 6], ids=["1", "6, which TensorFlow's takes not"])
def test_softmax(axes: int) -> None:
    x = np.broadcast_to(np.array([0, 1e30, 1e30], "float32"), (*[2] * (axes - 1), 3))
    np.testing.assert_array_equal(ops.softmax(tf.constant(x)), np.broadcast_to([0, 0.5, 0.5], x.shape))
    assert ops.softmax(tf.constant(x[:0])).shape == x[:0].shape


@pytest.mark.parametrize("features", [1, 3, 8, 9, 64])
def test_products_in_parts_lose_no_feature(features: int) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 5, features)), rng.normal(size=(features, 3))
    given = ops.matmul_in_parts(tf.constant(x), tf.constant(w))
    np.testing.assert_allclose(given, x @ w, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("columns", [1, 3, 5], ids="{} columns".format)
def test_gradients_of_a_product_under_xla(columns: int) -> None:
    rng = np.random.default_rng(0)
    x, w, given = (rng.normal(size=size).astype("float32") for size in ((2, 9, 4), (4, columns), (2, 9, columns)))

    @tf.function(jit_compile=True)
    def gradients(x: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch((x, w))
            y = ops.matmul(x, w)
        return tape.gradient(y, (x, w), given)

    of_x, of_w = gradients(tf.constant(x), tf.constant(w))
    np.testing.assert_allclose(of_x, given @ w.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(of_w, np.einsum("btf,btc->fc", x, given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 9, 4), (2, 3, 3, 4)])
def test_a_product_of_what_was_cleared_under_xla(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    counted = rng.random(shape[:-1]) < 0.6
    x = np.where(counted[..., None], rng.normal(size=shape), np.nan).astype("float32")
    w, given = (rng.normal(size=size).astype("float32") for size in ((4, 6), (2, 9, 6)))

    @tf.function(jit_compile=True)
    def product(x: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch((x, w))
            y = ops.matmul(tf.reshape(ops.cleared(x, tf.constant(counted)), (2, 9, 4)), w)
        return y, tape.gradient(y, (x, w), given)

    y, (of_x, of_w) = product(tf.constant(x), tf.constant(w))
    clear, on = np.nan_to_num(x).reshape(2, 9, 4), counted.reshape(2, 9, 1)
    np.testing.assert_allclose(y, clear @ w, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(of_x, (given @ w.T * on).reshape(shape), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(of_w, np.einsum("btf,btc->fc", clear, given), rtol=1e-5, atol=1e-6)


def test_a_product_of_a_variable_under_xla() -> None:
    x, w = np.arange(8.0).reshape(2, 4), np.arange(24.0).reshape(4, 6)
    held = keras.Variable(x, dtype="float64")
    product = tf.function(lambda w: ops.matmul(held, w), jit_compile=True, autograph=False)
    np.testing.assert_allclose(product(tf.constant(w)), x @ w)


def test_heads_are_shares_of_the_features() -> None:
    x = np.arange(12, dtype="float32").reshape(1, 2, 6)
    np.testing.assert_array_equal(ops.split_heads(tf.constant(x), 3)[0, 1], [[6, 7], [8, 9], [10, 11]])
    np.testing.assert_array_equal(ops.merge_heads(ops.split_heads(tf.constant(x), 3)), x)
    w = np.arange(36, dtype="float32").reshape(6, 6)
    np.testing.assert_array_equal(ops.matmul_heads(tf.constant(x), tf.constant(w), 3), (x @ w).reshape(1, 2, 3, 2))
    ops.divisible(6, 3, "owner")
    with pytest.raises(SpecError, match="owner: 6 features do not divide into 4 equal parts"):
        ops.divisible(6, 4, "owner")


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_expm1_keeps_small_numbers(jit: bool, dtype: str) -> None:
    x = -np.logspace(-30, 2, 200).astype(dtype)
    eps = np.finfo(dtype).eps

    @tf.function(jit_compile=jit)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = ops.expm1(x)
        return y, tape.gradient(y, x)

    y, slope = both(tf.constant(x))
    np.testing.assert_allclose(y, np.expm1(x.astype("float64")), rtol=3.3 * eps)
    np.testing.assert_allclose(slope, np.exp(x.astype("float64")), rtol=8 * eps, atol=1.6 * eps)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_log1p_keeps_small_numbers(jit: bool) -> None:
    x = -np.logspace(-30, -0.31, 200).astype("float32")
    y = tf.function(ops.log1p, jit_compile=jit)(x)
    np.testing.assert_allclose(y, np.log1p(x.astype("float64")), rtol=4e-7)
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(x))
        y = ops.log1p(given)
    np.testing.assert_allclose(tape.gradient(y, given), 1 / (1 + x.astype("float64")), rtol=4e-7)
