"""The laws of a reduction: the states of parts merge to the whole's, in any grouping, and an empty bag's is nothing.

Errors are counted in eps of float32 times the largest value that a reduction gives.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from kpool import reductions as r
from kpool.region.everything import Everything
from kpool.region.window import Window

EPS = np.finfo("float32").eps
STEPS = 37

Make = Callable[[tf.Tensor], r.Reduction]

REDUCTIONS: dict[str, Make] = {
    "Sum": r.Sum,
    "Count": lambda x: r.Count(),
    "Mean": r.Mean,
    "Max": r.Max,
    "Min": r.Min,
    "First": r.First,
    "Last": r.Last,
    "Moments": r.Moments,
    "PositionMean": r.PositionMean,
    "PowerMean p=1": lambda x: r.PowerMean(x, 1),
    "PowerMean p=3": lambda x: r.PowerMean(x, 3.0),
    "PowerMean p=64": lambda x: r.PowerMean(tf.abs(x), tf.constant(64.0)),
    "LogMeanExp": r.LogMeanExp,
    "SoftmaxSum by feature": lambda x: r.SoftmaxSum(3 * x, x),
    "SoftmaxSum by element": lambda x: r.SoftmaxSum(x[..., :1], x),
    "Products": lambda x: r.Products(x[..., :2], x),
    "SecondMoment": r.SecondMoment,
    "WeightedMoments": lambda x: r.WeightedMoments(3 * x, x),
    "TopK": lambda x: r.TopK(x, 3),
}

rng = np.random.default_rng(0)
X = rng.normal(size=(3, STEPS, 4)).astype("float32")
MASK = rng.random((3, STEPS)) < 0.7
WEIGHTS = rng.integers(0, 4, (3, STEPS)).astype("float32")


def states(make: Make, x: np.ndarray, cuts: Sequence[int], **given: Any) -> Iterator[r.State]:
    """The state of each part that the cuts leave."""
    for start, stop in itertools.pairwise([0, *cuts, x.shape[1]]):
        counted, weights = (None if a is None else tf.constant(a[:, start:stop]) for a in _counted(**given))
        elements = tf.constant(x[:, start:stop])
        if counted is not None:
            elements = tf.where(counted[..., None], elements, 0)
        bags = Everything().bags(elements, counted, weights)
        yield make(elements).state(bags)


def _counted(mask: Any = None, weights: Any = None) -> tuple[Any, Any]:
    return (mask if weights is None else weights > 0), weights


def value(make: Make, state: r.State) -> list[np.ndarray]:
    given = make(tf.constant(X)).value(state)
    return [np.asarray(part) for part in (given if isinstance(given, tuple) else (given,))]


def assert_near(given: list[np.ndarray], expected: list[np.ndarray], eps: float) -> None:
    for a, b in zip(given, expected, strict=True):
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
        scale = np.abs(b[np.isfinite(b)]).max(initial=0)
        np.testing.assert_allclose(a, b, rtol=0, atol=eps * EPS * scale)


@pytest.mark.parametrize("make", REDUCTIONS.values(), ids=REDUCTIONS)
@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="all"),
        pytest.param({"mask": MASK}, id="masked"),
        pytest.param({"weights": WEIGHTS}, id="weighted"),
    ],
)
@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param([20], id="halves"),
        pytest.param([1], id="one before the others"),
        pytest.param([5, 6, 30], id="four parts"),
        pytest.param([0, 20, 20, STEPS], id="empty parts before, between and behind"),
        pytest.param(range(1, STEPS), id="every element by itself"),
    ],
)
def test_parts_merge_to_the_whole(make: Make, given: dict[str, Any], cuts: Sequence[int]) -> None:
    (whole,) = states(make, X, [], **given)
    merged = functools.reduce(make(tf.constant(X)).merge, states(make, X, cuts, **given))
    assert_near(value(make, merged), value(make, whole), eps=8)


@pytest.mark.parametrize("make", REDUCTIONS.values(), ids=REDUCTIONS)
def test_merging_is_associative(make: Make) -> None:
    merge = make(tf.constant(X)).merge
    a, b, c = states(make, X, [9, 21], mask=MASK)
    assert_near(value(make, merge(merge(a, b), c)), value(make, merge(a, merge(b, c))), eps=8)


@pytest.mark.parametrize("make", REDUCTIONS.values(), ids=REDUCTIONS)
@pytest.mark.parametrize("size", [1e-20, 1, 1e15])
def test_an_empty_bag_merges_as_nothing_and_gives_0(make: Make, size: float) -> None:
    reduction = make(tf.constant(X))
    (one,) = states(make, X * np.float32(size), [])
    for empty in (*states(make, X[:, :0], []), *states(make, X, [], mask=np.zeros_like(MASK))):
        for merged in (reduction.merge(empty, one), reduction.merge(one, empty)):
            for a, b in zip(value(make, merged), value(make, one), strict=True):
                np.testing.assert_array_equal(a, b)
        assert all(np.all(part[~np.isneginf(part)] == 0) for part in value(make, empty))


@pytest.mark.parametrize("make", REDUCTIONS.values(), ids=REDUCTIONS)
def test_states_of_windows_merge_as_well(make: Make) -> None:
    """The first and the second element of each pair, as windows of one, merge to windows of two."""

    def state(region: Window, x: np.ndarray) -> r.State:
        return make(tf.constant(x)).state(region.bags(tf.constant(x), None, None))

    pairs = X[:, :36]
    merged = make(tf.constant(X)).merge(state(Window(1), pairs[:, ::2]), state(Window(1), pairs[:, 1::2]))
    assert_near(value(make, merged), value(make, state(Window(2), pairs)), eps=8)


@pytest.mark.parametrize(
    ("name", "x"),
    [
        pytest.param("Moments", X + 10_000, id="variance far from 0"),
        pytest.param("LogMeanExp", 100 * X + 1e4, id="exp overflows"),
        pytest.param("LogMeanExp", 100 * X - 1e4, id="exp vanishes"),
        pytest.param("SoftmaxSum by feature", 1e4 * X, id="softmax overflows"),
        pytest.param("PowerMean p=64", 1e30 * X, id="powers overflow"),
        pytest.param("PowerMean p=64", 1e-30 * X, id="powers vanish"),
        pytest.param("PowerMean p=3", np.where(MASK[..., None], 1e30, 1e-30) * X, id="tiny beside huge"),
    ],
)
@pytest.mark.parametrize("cuts", [[20], range(1, STEPS)], ids=["halves", "every element by itself"])
def test_parts_merge_where_numbers_are_hard(name: str, x: np.ndarray, cuts: Sequence[int]) -> None:
    make, x = REDUCTIONS[name], x.astype("float32")
    (whole,) = states(make, x, [])
    merged = functools.reduce(make(tf.constant(X)).merge, states(make, x, cuts))
    assert all(np.isfinite(part).all() for part in value(make, whole))
    assert_near(value(make, merged), value(make, whole), eps=8)


@pytest.mark.parametrize("n", [3, 37, 1000])
def test_moments_keep_what_rounding_takes_from_the_mean(n: int) -> None:
    x = (1e4 + np.random.default_rng(0).normal(size=(5, n, 4))).astype("float32")
    expected = [x.astype("float64").mean(1), x.astype("float64").var(1)]
    for cuts in ([], [n // 3], range(1, n, 7)):
        moments = r.Moments(tf.constant(x))
        got = moments.value(functools.reduce(moments.merge, states(r.Moments, x, cuts)))
        np.testing.assert_allclose(got.mean, expected[0], rtol=EPS)
        np.testing.assert_allclose(got.variance(), expected[1], rtol=8 * EPS)


@pytest.mark.parametrize(("ddof", "expected"), [(0, [0, 2 / 3]), (1, [0, 1])])
def test_variance_divides_by_the_degrees_of_freedom(ddof: int, expected: list[float]) -> None:
    x = np.array([[[5], [0], [0]], [[1], [2], [3]]], "float32")
    (state,) = states(r.Moments, x, [], mask=np.array([[1, 0, 0], [1, 1, 1]], bool))
    np.testing.assert_allclose(r.Moments(x).value(state).variance(ddof)[:, 0], expected, rtol=1e-6)


def test_moments_of_an_empty_bag_merge_as_nothing_where_squares_overflow() -> None:
    x = np.full((1, 6, 2), 1e30, "float32")
    for cuts in ([0], [6]):
        moments = r.Moments(tf.constant(x))
        got = moments.value(functools.reduce(moments.merge, states(r.Moments, x, cuts)))
        np.testing.assert_array_equal(got.mean, x[:, 0])
        np.testing.assert_array_equal(got.squares, 0)


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-20])
def test_log_mean_exp_of_parts_keeps_small_numbers(size: float) -> None:
    x = np.abs(X) * np.float32(size)
    exact = x.astype("float64")
    expected = np.log1p(np.expm1(exact).mean(axis=1))
    reduction = r.LogMeanExp(tf.constant(x))
    merged = functools.reduce(reduction.merge, states(r.LogMeanExp, x, [5, 20]))
    np.testing.assert_allclose(reduction.value(merged), expected, rtol=16 * EPS)


def test_top_k_keeps_nan_through_a_merge() -> None:
    x = np.array([[[1], [np.nan], [2], [3]]], "float32")
    merged = functools.reduce(r.TopK(x, 3).merge, states(REDUCTIONS["TopK"], x, [2]))
    assert np.isnan(merged["largest"]).all()
