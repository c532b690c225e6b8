"""y_i = max x_t, b_i ≤ t < b_(i+1),  b_i = ⌈α (i + u)⌉ − 1, b_0 = 0, b_n = L,  α = L / n, n = ⌊L / ratio⌋"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.vision.fractional_max import FractionalMaxPooling


def lengths(n_in: int, ratio: float, share: float) -> list[int]:
    """Of the regions, by the paper's sequence with u in the part of (0, 1) that leaves only ⌊α⌋ and ⌈α⌉."""
    n = max(int(n_in / ratio + 1e-9), 1)
    α, k = Fraction(n_in, n), n_in // n
    u = Fraction(share).limit_denominator(10) * min((k + 2) / α - 1, (n_in + 1 - k) / α - (n - 1))
    b = [0, *(math.ceil(α * (i + u)) - 1 for i in range(1, n)), n_in]
    return [int(d) for d in np.diff(b)]


@pytest.mark.parametrize("ratio", [1.0, 2**0.5, 1.5, 1 / 0.7, 2.0, 2.7])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_follows_the_formula(ratio: float, share: float) -> None:
    layer = FractionalMaxPooling(over=f"fractional({ratio}, u={share})")
    for steps in range(1, 40):
        sizes = lengths(steps, ratio, share)
        assert set(sizes) <= {steps // len(sizes), -(-steps // len(sizes))}
        x = np.random.default_rng(steps).normal(size=(2, steps, 3)).astype("float32")
        expected = [part.max(axis=1) for part in np.split(x, np.cumsum(sizes)[:-1], axis=1)]
        np.testing.assert_array_equal(layer(x), np.stack(expected, axis=1))


def test_a_whole_ratio_is_max_pooling() -> None:
    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    given = FractionalMaxPooling(over="fractional(2.0)")(x)
    np.testing.assert_array_equal(given, kpool.pool("max(over=window(2))")(x))


def test_overlapping_regions_share_a_border() -> None:
    x = np.array([[[0.0], [1], [5], [2], [3], [4]]], "float32")
    np.testing.assert_array_equal(FractionalMaxPooling(over="fractional(2.0)")(x), [[[1.0], [5], [4]]])
    np.testing.assert_array_equal(
        FractionalMaxPooling(over="fractional(2.0, overlapping=true)")(x), [[[5.0], [5], [4]]]
    )


def test_training_cuts_anew_and_inference_does_not() -> None:
    layer, x = FractionalMaxPooling(seed=0), np.arange(20.0).reshape(1, 20, 1)
    ends = [tuple(np.asarray(layer(x, training=True)).ravel().astype(int)) for _ in range(30)]
    assert len(set(ends)) > 3
    for each in ends:
        assert each[-1] == 19
        assert set(np.diff((-1, *each))) <= {1, 2}
    assert len({tuple(np.asarray(layer(x)).ravel()) for _ in range(5)}) == 1


@pytest.mark.parametrize("mode", ["eager", "graph", "XLA"])
@pytest.mark.parametrize("overlapping", [False, True])
def test_the_region_serves_other_strategies(overlapping: bool, mode: str) -> None:
    """Both axes are cut independently; a mask and weights go with the elements, whatever is known of the lengths."""

    import tensorflow as tf

    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(2, 7, 5, 3)).astype("float32"), rng.integers(0, 3, (2, 7, 5)).astype("float32")
    layer = kpool.pool(f"mean(over=fractional(1.5, overlapping={str(overlapping).lower()}))")
    signature = [tf.TensorSpec((None, None, None, 3)), tf.TensorSpec((None, None, None))]
    call = tf.function(lambda x, w: layer(x, weights=w), signature, jit_compile=mode == "XLA")
    given = np.asarray(layer(x, weights=weights) if mode == "eager" else call(x, weights))
    rows, cols = (np.cumsum([0, *lengths(n, 1.5, 0.5)]) for n in (7, 5))
    for i, j in np.ndindex(given.shape[1:3]):
        here = (slice(None), slice(rows[i], rows[i + 1] + overlapping), slice(cols[j], cols[j + 1] + overlapping))
        w = weights[here][..., None]
        expected = (w * x[here]).sum(axis=(1, 2)) / np.maximum(w.sum(axis=(1, 2)), 1)
        np.testing.assert_allclose(given[:, i, j], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ratio", [1.0, 10 / 7, 2.5, 100.0])
def test_the_grid_is_known_before_the_call(ratio: float) -> None:
    layer = FractionalMaxPooling(over=f"fractional({ratio})")
    assert layer.compute_output_shape((None, None, 3)) == (None, None, 3)
    for steps in range(1, 40):
        x = np.zeros((2, steps, 3), "float32")
        assert layer.compute_output_shape(x.shape) == layer(x).shape == (2, max(int(steps / ratio + 1e-9), 1), 3)


def test_no_positions_give_one_empty_region() -> None:
    import tensorflow as tf

    layer, x = FractionalMaxPooling(empty_value=-1), np.ones((2, 0, 3), "float32")
    unknown = tf.function(layer, [tf.TensorSpec((None, None, 3))])
    for call in (layer, unknown):
        np.testing.assert_array_equal(call(x), np.full((2, 1, 3), -1))


def test_a_ratio_below_1_is_pytorchs() -> None:
    with pytest.raises(SpecError, match="ratio"):
        FractionalMaxPooling(over="fractional(0.7)")
