"""A mask says, element by element, what counts; all that only looks like one is refused, with the way out."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

from kpool import masks
from kpool.errors import MaskError


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float16"])
def test_zeros_and_ones_of_any_dtype_are_a_mask(dtype: str) -> None:
    np.testing.assert_array_equal(masks.as_counted(tf.constant(np.array([[1, 0]], dtype))), [[True, False]])


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([0, -1e9], id="additive"),
        pytest.param([0, -np.inf], id="additive, infinite"),
        pytest.param([1, 0.5], id="soft weights"),
        pytest.param([1, np.nan], id="NaN: not equal to 0, and so counted by a cast"),
        pytest.param([2, 1], id="segment ids"),
        pytest.param([-1, 0], id="negative"),
    ],
)
def test_other_values_are_refused(given: list[float]) -> None:
    way_out = r"mask of dtype float32 holds values other than 0 and 1.*mask=\(additive == 0\).*weights="
    with pytest.raises(MaskError, match=way_out):
        masks.as_counted(tf.constant([given], "float32"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="other than 0 and 1"):
        tf.function(masks.as_counted)(tf.constant([given], "float32"))


@pytest.mark.parametrize(
    "given",
    [pytest.param([1, -1], id="negative"), pytest.param([1, np.inf], id="∞"), pytest.param([1, np.nan], id="NaN")],
)
def test_weights_are_finite_and_not_negative(given: list[float]) -> None:
    with pytest.raises(MaskError, match="weights hold negative or infinite values or NaN"):
        masks.as_weights(tf.constant([given], "float32"), "float32")


def test_weights_come_out_in_the_dtype_of_sums() -> None:
    weights = masks.as_weights(tf.constant([[0, 3]]), "float32")
    assert weights.dtype == "float32"
    np.testing.assert_array_equal(weights, [[0, 3]])


@pytest.mark.parametrize(
    ("given", "positions"),
    [
        pytest.param((2, 5), (2, 5), id="one value an element"),
        pytest.param((None, None), (2, 5), id="unknown mask"),
        pytest.param((2, 5), (None, None), id="unknown input"),
        pytest.param((2, 3, 4), (2, 3, 4), id="rows and columns"),
    ],
)
def test_shapes_that_fit(given: masks.Shape, positions: masks.Shape) -> None:
    masks.check_shape(given, positions, "mask")


@pytest.mark.parametrize(
    ("given", "positions", "hint"),
    [
        pytest.param((2, 1), (2, 5), "", id="(B, 1): Keras broadcasts it, and the mean becomes a sum"),
        pytest.param((2, 6), (2, 5), "a layer changed the number of steps", id="(B, T + 1)"),
        pytest.param((2, 5, 1), (2, 5), "take its last axis away with mask[..., 0]", id="(B, T, 1)"),
        pytest.param((2, 5, 5), (2, 5), "no padding mask", id="(B, T, T)"),
        pytest.param((2, 1, 1, 5), (2, 5), "no padding mask", id="(B, 1, 1, T)"),
        pytest.param((5,), (2, 5), "", id="(T,)"),
        pytest.param((3, 5), (2, 5), "", id="another batch"),
        pytest.param((2, 20), (2, 4, 5), "", id="flat, for rows and columns"),
    ],
)
@pytest.mark.parametrize("what", ["mask", "weights"])
def test_shapes_that_do_not_fit(given: masks.Shape, positions: masks.Shape, hint: str, what: str) -> None:
    with pytest.raises(MaskError) as caught:
        masks.check_shape(given, positions, what)
    message = str(caught.value)
    shown = [str(shape).replace(",)", ")") for shape in (given, positions)]
    assert message.startswith(f"{what} of shape {shown[0]} for elements laid out {shown[1]}: give one value for each")
    assert re.search(re.escape(hint), message)
    assert hint or ";" not in message


def test_unknown_lengths_are_shown_as_none() -> None:
    with pytest.raises(MaskError, match=r"mask of shape \(None, 6\) for elements laid out \(None, 5\)"):
        masks.check_shape((None, 6), (None, 5), "mask")


def test_a_lost_mask_is_named_with_the_way_out() -> None:
    assert "pass mask= to this layer" in str(masks.missing("gem"))


def test_additive_mask_counts_nothing_where_xla_dropped_the_check() -> None:
    run = tf.function(masks.as_counted, jit_compile=True)
    counted = run(np.array([[0.0, 0.0, -1e9], [1.0, 0.5, np.nan]], "float32"))
    assert counted.numpy().tolist() == [[False, False, False], [True, False, False]]
