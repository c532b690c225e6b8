"""Segments: elements of the same id make a bag, wherever they stand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.errors import KpoolError, SpecError
from kpool.region.segments import SegmentsRegion

rng = np.random.default_rng(0)
STEPS, NUM = 40, 5
X = rng.normal(size=(3, STEPS, 4))
IDS = rng.integers(-1, NUM, (3, STEPS))
IDS[IDS == 3] = 1  # bag 3 is empty
MASK = rng.random((3, STEPS)) < 0.7
WEIGHTS = rng.integers(1, 4, (3, STEPS)).astype("float64")


def test_what_can_be_asked_of_a_bag() -> None:
    x = np.where(MASK[..., None], X, 0)
    bags = SegmentsRegion(NUM).bags(*map(tf.constant, (x, MASK, WEIGHTS, IDS)))
    x = bags.elements
    for row in range(3):
        for i in range(NUM):
            chosen = MASK[row] & (IDS[row] == i)
            bag, w = X[row][chosen], WEIGHTS[row][chosen][:, None]
            np.testing.assert_allclose(bags.sum(x)[row, i], (w * bag).sum(0), rtol=1e-12, atol=1e-14)
            np.testing.assert_array_equal(bags.max(x)[row, i], bag.max(0, initial=-np.inf))
            np.testing.assert_array_equal(bags.first(x)[row, i], bag[0] if len(bag) else np.zeros(4))
            np.testing.assert_array_equal(bags.last(x)[row, i], bag[-1] if len(bag) else np.zeros(4))
            np.testing.assert_array_equal(bags.line_up(x, -1.0)[row, i][: len(bag)], bag)
            assert np.all(bags.line_up(x, -1.0)[row, i][len(bag) :] == -1)
            assert bags.size[row, i] == len(bag)
            np.testing.assert_allclose(bags.count[row, i], w.sum())


def test_packed_ragged_and_padded_are_the_same() -> None:
    lengths = [3, 0, 7, 5]
    values = rng.normal(size=(sum(lengths), 4)).astype("float32")
    ragged = tf.RaggedTensor.from_row_lengths(values, lengths)
    ids = np.repeat(np.arange(4), lengths)
    mask = np.arange(7) < np.array(lengths)[:, None]
    for spec in ("mean", "std", "gem", "max", "last", "top_k(k=2)", "softmax"):
        padded = kpool.pool(spec)(ragged.to_tensor(), mask=mask)
        inner = ", " if "(" in spec else "("
        packed = kpool.pool(f"{spec.rstrip(')')}{inner}over=segments(4))")(values[None], regions=ids[None])[0]
        np.testing.assert_allclose(kpool.pool(spec)(ragged), padded, rtol=1e-6, atol=1e-6, err_msg=spec)
        np.testing.assert_allclose(packed, padded, rtol=1e-6, atol=1e-6, err_msg=spec)


def test_one_segment_is_everything() -> None:
    for spec in ("mean", "std", "gem"):
        x, ids = X.astype("float32"), np.zeros((3, STEPS), int)
        given = kpool.pool(f"{spec}(over=segments(1))")(x, mask=MASK, regions=ids)[:, 0]
        np.testing.assert_allclose(given, kpool.pool(spec)(x, mask=MASK), rtol=1e-6, atol=1e-6)


def test_long_sums_keep_their_digits() -> None:
    x = rng.normal(10, 1, (1, 100_000, 2)).astype("float32")
    ids = rng.integers(0, 3, (1, 100_000))
    given = kpool.pool("mean(over=segments(3))")(x, regions=ids)[0]
    expected = [x[0].astype("float64")[ids[0] == i].mean(0) for i in range(3)]
    np.testing.assert_allclose(given, expected, rtol=4 * np.finfo("float32").eps)


UNKNOWN = [tf.TensorSpec((None, None, 2)), tf.TensorSpec((None, None), "int32")]


@pytest.mark.parametrize("num", [1, 64])
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_long_sums_keep_their_digits_whatever_is_unknown(num: int, jit: bool) -> None:
    """One running sum of 200,000 times 0.1 errs by 17,000 eps."""
    layer = kpool.pool(f"mean(over=segments({num}))")
    mean = tf.function(lambda x, ids: layer(x, regions=ids), input_signature=UNKNOWN, jit_compile=jit)
    x, ids = np.full((1, 200_000, 2), 0.1, "float32"), np.zeros((1, 200_000), "int32")
    np.testing.assert_allclose(mean(x, ids)[0, 0], x[0, 0], rtol=8 * np.finfo("float32").eps)


@pytest.mark.parametrize("spec", ["first", "last", "median", "top_k(k=2)"])
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_what_lines_bags_up_needs_no_known_length(spec: str, jit: bool) -> None:
    layer = kpool.pool(f"{spec.rstrip(')')}{', ' if '(' in spec else '('}over=segments(5))")
    x = X[..., :2].astype("float32")
    graph = tf.function(lambda x, ids: layer(x, regions=ids), input_signature=UNKNOWN, jit_compile=jit)
    np.testing.assert_allclose(graph(x, IDS), layer(x, regions=IDS), rtol=1e-6)


def test_ragged_ids_leave_nothing_in_the_first_bag() -> None:
    ids = tf.ragged.constant([[1, 2, 2], [1]])
    given = kpool.pool("sum(over=segments(3))")(np.ones((2, 3, 1), "float32"), regions=ids)
    np.testing.assert_array_equal(given[..., 0], [[0, 1, 2], [0, 1, 0]])


def test_the_mask_goes_on_to_a_layer_behind() -> None:
    x, ids = -np.ones((1, 4, 1), "float32"), np.array([[0, 0, 1, 1]])
    bags = kpool.pool("max(over=segments(3))")(x, regions=ids)
    np.testing.assert_array_equal(kpool.pool("max")(bags), [[-1]])


def test_the_order_of_branches_does_not_matter() -> None:
    x, ids = np.ones((2, 6, 1), "float32"), np.array([[0] * 6, [1] * 6])
    for spec in (
        "concat(mean(over=segments(3)), mean(over=bins(3)))",
        "concat(mean(over=bins(3)), mean(over=segments(3)))",
    ):
        assert np.sum(kpool.head(f"{spec} | sum")(x, regions=ids)) == 8


def test_superpixels_of_an_image() -> None:
    x, ids = rng.normal(size=(2, 6, 5, 3)).astype("float32"), rng.integers(0, 3, (2, 6, 5))
    given = kpool.pool("mean(over=segments(3))")(x, regions=ids)
    np.testing.assert_allclose(given[1, 2], x[1][ids[1] == 2].mean(0), rtol=1e-5)


def test_counted_nan_is_not_lost() -> None:
    x = np.array([[[1.0], [np.nan], [2.0]]], "float32")
    given = kpool.pool("max(over=segments(2))")(x, regions=np.array([[0, 0, 1]]))
    np.testing.assert_array_equal(given, [[[np.nan], [2.0]]])


def test_a_bag_behind_another_does_not_count_the_empty_ones() -> None:
    """max over segments, then max over the bags: an empty bag's 0 is not among them."""
    x, ids = -np.ones((1, 4, 2), "float32"), np.array([[0, 0, 2, 2]])
    np.testing.assert_array_equal(kpool.head("max(over=segments(3)) | max")(x, regions=ids), -np.ones((1, 2)))


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(np.full((3, STEPS), NUM), id="too great"),
        pytest.param(np.full((3, STEPS), -2), id="below −1"),
        pytest.param(np.full((3, STEPS), 0.9), id="a fraction"),
        pytest.param(np.full((3, STEPS), 2**32), id="0 in 32 bits"),
    ],
)
def test_ids_are_of_bags(ids: np.ndarray) -> None:
    with pytest.raises(KpoolError, match="regions must hold ids, whole numbers from 0 to 4, or −1 for none"):
        kpool.pool(f"mean(over=segments({NUM}))")(X, regions=ids)


def test_a_call_without_ids_says_what_is_missing() -> None:
    with pytest.raises(KpoolError, match="must be given regions=, the id of each element's bag"):
        kpool.pool("mean(over=segments(3))")(X)
    with pytest.raises(KpoolError, match="asks for no regions=, and was given some"):
        kpool.pool("mean")(X, regions=IDS)
    with pytest.raises(KpoolError, match="regions= is of batch 1, the input of 3"):
        kpool.pool("mean(over=segments(3))")(X, regions=IDS[:1])
    with pytest.raises(SpecError, match=r"not shape \(3, 39\)"):
        kpool.pool("mean(over=segments(3))")(X, regions=IDS[:, 1:])


def test_a_bag_longer_than_said_is_refused() -> None:
    with pytest.raises(KpoolError, match="longer than longest=2"):
        kpool.pool("top_k(k=1, over=segments(num=5, longest=2))")(X, regions=IDS)


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(np.sort(rng.integers(0, 3, (2, 50))), id="sorted: two rows hold a group"),
        pytest.param(rng.integers(-1, 3, (2, 50)), id="in any order, and in none"),
        pytest.param(np.repeat(np.arange(25), 2)[None].repeat(2, 0), id="short: strays in every group"),
        pytest.param(np.zeros((2, 50), "int32"), id="one"),
    ],
)
@pytest.mark.parametrize("name", ["mean", "max", "sum"])
def test_runs_of_neighbours_give_what_each_element_gives(name: str, ids: np.ndarray) -> None:
    layer = kpool.pool(f"{name}(over=segments(25))")
    x, mask = rng.normal(size=(2, 50, 4)).astype("float32"), rng.random((2, 50)) < 0.8
    call = tf.function(lambda x, mask, ids: layer(x, mask=mask, regions=ids), jit_compile=True)
    np.testing.assert_allclose(call(x, mask, ids), layer(x, mask=mask, regions=ids), rtol=1e-6, atol=1e-6)
