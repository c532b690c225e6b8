"""Handwritten digits, which come with scikit-learn: one by one, and in bags."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset, labelled, stratified
from kpool.parameters import Between

SIDE = 8
DRAWING_SEED = 0
Images = NDArray[np.float32]


def digits(canvas: Annotated[int, Between(SIDE, 64)] = SIDE) -> Dataset:
    """1,797 handwritten digits: (canvas, canvas, 1), in [0, 1].

    Args:
        canvas: Height and width, in pixels; the digits are 8 × 8, in the middle, and what is round them is 0.
    """
    x, y = _images()
    before, after = (canvas - SIDE) // 2, (canvas - SIDE + 1) // 2
    around = [(0, 0), (before, after), (before, after), (0, 0)]
    return labelled("digits", np.pad(x, around), y)


def digit_bags(
    bags: Annotated[int, Between(100, 100_000)] = 3000,
    size: Annotated[float, Between(1, 100)] = 10,
    variance: Annotated[float, Between(0, 1000)] = 2,
    digit: Annotated[int, Between(0, 9)] = 9,
) -> Dataset:
    """Is there a 9 in the bag? Bags of digits, each a row of 64 pixels: (bags, most digits in a bag, 64) and a mask.

    No image is both in a bag to learn from and in one to choose by or to report on.

    Args:
        bags: How many; three in five are to learn from.
        size: The mean number of digits in a bag. The numbers are normally distributed and rounded, 1 at least.
        variance: That of the numbers.
        digit: What is looked for.

    Source: Ilse, Tomczak, Welling 2018, arXiv:1802.04712, section 4.2, with MNIST's images; `variance` is their text's,
        where their code takes the same 2 for the standard deviation.
    """
    images, labels = _images()
    random = np.random.default_rng(DRAWING_SEED)
    parts, of_images = stratified(np.zeros(bags, int)), stratified(labels)
    counts = np.maximum(1, np.rint(random.normal(size, np.sqrt(variance), bags))).astype(int)
    mask = np.arange(counts.max()) < counts[:, None]
    drawn = np.zeros(mask.shape, int)
    for rows, pool in zip(parts, of_images, strict=True):
        drawn[rows] = random.choice(pool, (len(rows), mask.shape[1]))
    y = ((labels[drawn] == digit) & mask).any(axis=1).astype(int)
    x = images.reshape(-1, SIDE * SIDE)[drawn] * mask[..., None]
    named = f"no {digit}", f"a {digit}"
    return replace(labelled("digit_bags", x.astype(np.float32), y, mask, named.__getitem__), parts=parts)


def _images() -> tuple[Images, NDArray[np.integer]]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise KpoolError('the digits come with scikit-learn: python -m pip install "kpool[lab]"') from error
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32).reshape(-1, SIDE, SIDE, 1), y
