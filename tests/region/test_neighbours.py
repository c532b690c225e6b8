"""Elements by their rank: as in NumPy's sort, also where sorting is not what is done."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.ops.ranks import of_ranks
from kpool.ranked import Ranked

HARD = [0.0, -0.0, 1e-30, -1e-30, 1.0, -1.0, 1.0 + 2**-23, 3e38, -3e38, np.inf, -np.inf, 5.0, 5.0, 5.0, -7.5, 0.1]


def _ranks(x: np.ndarray, mask: np.ndarray, q: float) -> np.ndarray:
    """The element of rank ⌊q (n − 1)⌋ of each row, features aside; 0 of none."""
    picked = [np.sort(row[counts], axis=0)[int(q * (counts.sum() - 1))] for row, counts in zip(x, mask, strict=True)]
    return np.stack(picked)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", ["q=0.0", "q=0.0, interpolation=linear", "q=0.25", "q=0.5", "q=1.0"])
def test_hard_numbers_are_found_by_their_rank(spec: str, dtype: str, compiled: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.choice(HARD, size=(3, 150, 4)).astype(dtype)
    mask = rng.random((3, 150)) < 0.7
    layer = kpool.pool(f"quantile({spec})" if "linear" in spec else f"quantile({spec}, interpolation=lower)")
    layer = type(layer).from_config(layer.get_config() | {"dtype": dtype})
    given = tf.function(lambda x: layer(x, mask=mask), jit_compile=compiled)(x)
    np.testing.assert_array_equal(given, _ranks(x, mask, layer.shares[0]))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("over", ["everything", "window(2)", "window(7)", "window(3, dilation=2)", "window(40)"])
def test_nan_is_not_lost_and_an_empty_bag_gives_0(over: str, compiled: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 80, 2)).astype("float32")
    x[0, :, 0] = np.nan
    x[1, ::2] = np.nan
    mask = np.ones((3, 80), dtype=bool)
    mask[1, ::2] = mask[2] = False
    layer = kpool.pool(f"median(over={over})")
    given = tf.function(lambda x: layer(x, mask=mask), jit_compile=compiled)(x).numpy()
    assert np.isnan(given[0, ..., 0]).all()
    assert np.isfinite(given[0, ..., 1]).all()
    assert np.isfinite(given[1]).all()
    assert not given[2].any()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("over", ["everything", "window(8)"])
def test_elements_that_tie_have_the_whole_gradient(over: str, compiled: bool) -> None:
    x = tf.constant(np.random.default_rng(0).integers(0, 3, size=(2, 8, 5)).astype("float32"))
    layer = kpool.pool(f"median(over={over})")

    @tf.function(jit_compile=compiled)
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, x)

    np.testing.assert_allclose(tf.reduce_sum(gradient(x), axis=1), np.ones((2, 5)), rtol=1e-6)


@pytest.mark.parametrize("n", range(1, 11))
def test_exchanges_sort_whatever_they_are_given(n: int) -> None:
    """Enough are zeros and ones in every order, by the 0-1 principle."""
    bits = np.array(np.meshgrid(*[[0.0, 1.0]] * n)).reshape(n, -1)
    expected = np.sort(bits, axis=0)
    for rank in range(n):
        low, above = of_ranks(list(map(tf.constant, bits)), [tf.constant(rank), tf.constant(rank + 1)])
        np.testing.assert_array_equal(low, expected[rank])
        np.testing.assert_array_equal(above, expected[rank + 1] if rank < n - 1 else np.zeros_like(expected[0]))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_hard_numbers_are_found_in_segments(in_order: bool, compiled: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.choice(HARD, size=(3, 150, 4)).astype("float32")
    ids = rng.integers(0, 5, size=(3, 150))
    ids = np.sort(ids, axis=1) if in_order else ids
    mask = rng.random((3, 150)) < 0.7
    layer = kpool.pool("median(over=segments(5), interpolation=lower)")
    given = tf.function(lambda x: layer(x, mask=mask, regions=tf.constant(ids)), jit_compile=compiled)(x)
    for i in range(5):
        np.testing.assert_array_equal(given[:, i], _ranks(x, mask & (ids == i), 0.5))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "spec", ["k=0.3", "k=1.0", "k=3, over=window(6)", "k=0.3, over=window(6)", "k=0.3, over=bins(7)"]
)
def test_the_largest_are_averaged_by_their_least(spec: str, compiled: bool) -> None:
    rng = np.random.default_rng(0)
    x = tf.constant(rng.choice(HARD[:7] + HARD[11:], size=(3, 150, 4)).astype("float32"))
    mask = rng.random((3, 150)) < 0.7
    mask[:, 60:75] = False
    layer = kpool.pool(f"top_k({spec})")

    @tf.function(jit_compile=compiled)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask)
        return y, tape.gradient(y, x)

    y, gradient = both(x)
    steps = {"window(6)": 25, "bins(7)": 7}.get(spec.partition("over=")[2], 1)
    expected, bags = np.zeros((3, steps, 4)), 0
    for row in range(3):
        for i in range(steps):
            part = slice(150 * i // steps, -(-150 * (i + 1) // steps))
            bag = np.sort(x.numpy()[row, part][mask[row, part]].astype("float64"), axis=0)[::-1]
            k = min(3, len(bag)) if "k=3" in spec else int(np.ceil(len(bag) * (1 if "1.0" in spec else 0.3)))
            if len(bag):
                expected[row, i], bags = bag[:k].mean(axis=0), bags + 1
    np.testing.assert_allclose(np.reshape(y, expected.shape), expected, rtol=1e-6, atol=2e-6)  # of terms up to 7.5
    np.testing.assert_allclose(tf.reduce_sum(gradient), 4 * bags, rtol=1e-5)
    assert not np.asarray(gradient)[~mask].any()


def test_several_shares_take_one_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    sorts = []
    monkeypatch.setattr(Ranked, "sorted", lambda *of, put_in_order=Ranked.sorted: sorts.append(1) or put_in_order(*of))
    x = np.random.default_rng(0).normal(size=(2, 9, 3)).astype("float32")
    given = kpool.pool("quantile(q=[0.1, 0.5, 0.9])")(x)
    np.testing.assert_allclose(given, np.concatenate(np.quantile(x, [0.1, 0.5, 0.9], axis=1), axis=-1), rtol=1e-5)
    assert len(sorts) == 1
