"""Long sums keep their digits."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from kpool.ops.sums import max_steps, sum_both_steps, sum_pairs, sum_products, sum_steps

EPS = np.finfo("float32").eps


@pytest.mark.parametrize("steps", [0, 1, 63, 64, 65, 4096, 4097, 20000])
@pytest.mark.parametrize("rest", [(), (3,), (2, 3)], ids=str)
def test_sum_steps_is_the_sum(steps: int, rest: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(2, steps, *rest))
    np.testing.assert_allclose(sum_steps(tf.constant(x)), x.sum(axis=1), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("steps", [0, 5, 32, 33, 1000])
def test_products_in_blocks_are_those_in_one(steps: int) -> None:
    rng = np.random.default_rng(steps)
    a, x = (rng.normal(size=(2, steps, n)) for n in (3, 5))
    given = sum_products(tf.constant(a), tf.constant(x), 32)
    np.testing.assert_allclose(given, np.einsum("btn,btf->bnf", a, x), rtol=1e-9, atol=1e-10)


MODES = {
    "eager": lambda f: f,
    "unknown steps": lambda f: tf.function(f, input_signature=[tf.TensorSpec((None, None, 8))]),
    "XLA": lambda f: tf.function(f, jit_compile=True),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("steps", [4096, 65_536, 200_000])
def test_sum_steps_errs_by_a_few_eps_however_long(mode: str, steps: int) -> None:
    """TensorFlow's own sum of 65,536 steps errs by 15 eps, by 41 under XLA."""
    x = np.random.default_rng(0).uniform(1, 2, size=(2, steps, 8)).astype("float32")
    expected = x.astype("float64").sum(axis=1)
    error = np.abs(MODES[mode](sum_steps)(tf.constant(x)) - expected) / expected / EPS
    assert error.max() <= 4


@pytest.mark.parametrize("steps", [1, 50, 64, 100, 5000])
def test_sum_steps_does_not_see_zeros_on_the_right(steps: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, steps, 3)).astype("float32")
    plain = sum_steps(tf.constant(x)).numpy()
    for more in (1, 14, 412):
        padded = np.pad(x, [(0, 0), (0, more), (0, 0)])
        np.testing.assert_array_equal(sum_steps(tf.constant(padded)), plain)


@pytest.mark.parametrize("n", [1, 2, 7, 512])
def test_sum_pairs_takes_the_next_n(n: int) -> None:
    summands = iter(tf.constant(np.arange(600, dtype="float64")))
    assert float(sum_pairs(summands, n)) == n * (n - 1) / 2
    assert float(next(summands)) == n


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("steps", [1, 7, 40, 300])
def test_max_steps_shows_nan_wherever_it_stands(mode: str, steps: int) -> None:
    """XLA's own maximum (TF 2.21, CPU) loses it where it stands second."""
    x = np.random.default_rng(0).normal(size=(steps, steps, 8)).astype("float32")
    x[np.arange(steps), np.arange(steps), 1] = np.nan
    given = np.asarray(MODES[mode](max_steps)(tf.constant(x)))
    np.testing.assert_array_equal(given, x.max(axis=1))


@pytest.mark.parametrize("steps", [1, 8, 50, 64, 100, 5000])
def test_both_sums_are_those_of_each(steps: int) -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 3, steps, 4)).astype("float32")
    b[0, 0, 0] = np.inf
    given = tf.function(sum_both_steps, jit_compile=True)(tf.constant(a), tf.constant(b))
    for one, x in zip(given, (a, b), strict=True):
        np.testing.assert_allclose(one, x.astype("float64").sum(axis=1), atol=4 * EPS * np.abs(a).sum(axis=1).max())


def test_gradient_of_a_sum_under_xla() -> None:
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 70, 3)).astype("float32"))
    given = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")

    @tf.function(jit_compile=True)
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = sum_steps(x * x)
        return tape.gradient(y, x, given)

    np.testing.assert_allclose(gradient(x), 2 * x * given[:, None], rtol=1e-6)
