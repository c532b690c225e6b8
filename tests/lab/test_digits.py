"""Digits alone, in the middle of a canvas, and in bags."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.lab.digits import digit_bags, digits


def test_digits() -> None:
    dataset = digits()
    assert dataset.x.shape == (1797, 8, 8, 1)
    assert (dataset.x.min(), dataset.x.max()) == (0, 1)
    assert dataset.classes == tuple("0123456789")


@pytest.mark.parametrize("canvas", [11, 12], ids=["odd", "even"])
def test_a_canvas_is_empty_round_the_digit(canvas: int) -> None:
    x, plain = digits(canvas).x, digits().x
    assert x.shape == (1797, canvas, canvas, 1)
    assert np.array_equal(x[:, 1:9, 1:9] if canvas == 11 else x[:, 2:10, 2:10], plain)
    assert x.sum(dtype=np.float64) == plain.sum(dtype=np.float64)


def test_a_bag_is_labelled_by_what_is_in_it() -> None:
    bags, single = digit_bags(bags=200, digit=3), digits()
    label = {image.tobytes(): y for image, y in zip(single.x, single.y, strict=True)}
    assert bags.mask is not None
    for x, y, mask in zip(bags.x, bags.y, bags.mask, strict=True):
        assert y == any(label[image.tobytes()] == 3 for image in x[mask])
        assert not x[~mask].any()


def test_bags_have_the_sizes_asked_for() -> None:
    mask = digit_bags(bags=4000, size=10, variance=4).mask
    assert mask is not None
    sizes = mask.sum(axis=1)
    assert sizes.mean() == pytest.approx(10, abs=0.1)
    assert sizes.var() == pytest.approx(4 + 1 / 12, abs=0.3)  # 1/12 is that of rounding


def test_no_image_is_learnt_from_and_reported_on() -> None:
    bags = digit_bags(bags=500)
    images = [{image.tobytes() for bag in bags.x[rows] for image in bag if image.any()} for rows in bags.split]
    assert [len(rows) for rows in bags.split] == [300, 100, 100]
    assert not images[0] & images[1]
    assert not images[0] & images[2]
    assert not images[1] & images[2]
