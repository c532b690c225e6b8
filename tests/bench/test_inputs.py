"""Inputs, and the limit that poolings of them are held against."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kpool.bench import limits
from kpool.bench.inputs import Input


def test_masks_end_somewhere_in_the_second_half() -> None:
    mask = Input("tiny-maps").mask
    assert mask is not None
    assert mask.shape == Input("tiny-maps").x.shape[:-1]
    rows = mask.all(axis=2).sum(axis=1)
    assert ((rows >= 3) & (rows <= 6)).all()
    assert (mask == (np.arange(6)[:, None] < rows[:, None, None])).all()
    assert Input("tiny-maps", masked=False).mask is None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_float32_holds_the_same_numbers(dtype: str) -> None:
    x = Input("tiny-tokens", dtype).x
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, np.array(keras.ops.cast(keras.ops.cast(x, dtype), "float32")))


def test_packed_is_in_order_and_has_no_mask() -> None:
    given = Input("tiny-packed")
    assert given.ids is not None
    assert (np.diff(given.ids) >= 0).all()
    assert given.ids.max() == given.segments - 1
    assert given.mask is None


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        pytest.param((4, 8), (4, 8), id="everything"),
        pytest.param((4, 3, 3, 8), (4, 3, 3, 8), id="windows"),
        pytest.param((4, 1, 1, 8), (4, 8), id="little to write"),
        pytest.param((4, 6, 6, 8), (4, 6, 6, 8), id="as much as is read"),
    ],
)
def test_the_limit_reads_all_and_writes_what_is_answered(answer: tuple[int, ...], shape: tuple[int, ...]) -> None:
    x = Input("tiny-maps").x
    read = np.array(limits.read(x.shape, answer)(keras.ops.convert_to_tensor(x)))
    assert read.shape == shape
    np.testing.assert_allclose(read.sum(), x.sum() * (2 if answer == x.shape else 1), rtol=1e-4)


def test_products_with_matrices_are_a_part_of_the_limit() -> None:
    x, w = Input("tiny-tokens").x, np.ones((8, 6), "float32")
    read, product = limits.with_products(limits.read_and_write, [w], gradients=False)(keras.ops.convert_to_tensor(x))
    np.testing.assert_allclose(read, 2 * x, rtol=1e-6)
    np.testing.assert_allclose(product, x.reshape(-1, 8) @ w, rtol=1e-5)
    of_x, of_w = limits.with_products(limits.read_and_write, [w], gradients=True)(keras.ops.convert_to_tensor(x))
    np.testing.assert_allclose(of_x, 2 * x + x @ w @ w.T, rtol=1e-5)
    np.testing.assert_allclose(of_w, x.reshape(-1, 8).T @ (x.reshape(-1, 8) @ w), rtol=1e-5)
