"""What a strategy's test needs: bags of every kind, and an oracle applied to them row by row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import kpool

Array = np.ndarray
Oracle = Callable[[Array], Array]

KINDS = ("whole", "padded right", "padded left", "gapped", "one element", "empty")

# sentence-transformers' own test of its pooling modes: three tokens and a pad
SENTENCE = np.array([[[1, 2], [3, 4], [5, 6], [99, 99]]], "float32")
SENTENCE_MASK = np.array([[True, True, True, False]])


def bags(steps: int = 9, features: int = 4) -> tuple[Array, Array]:
    """Float64 elements (6, steps, features), one row of each kind; NaN stands where nothing counts."""
    rng = np.random.default_rng(0)
    t = np.arange(steps)
    gaps = rng.random(steps) < 0.5
    mask = np.stack([t >= 0, t < steps - 3, t >= 4, gaps, t == 2, t < 0])
    return np.where(mask[..., None], rng.normal(size=(*mask.shape, features)), np.nan), mask


def by_row(oracle: Oracle, x: Array, mask: Array) -> Array:
    """The oracle of each row's counted elements, (n, features) -> (width,); 0 for a row without any."""
    answers = [oracle(row[counted]) if counted.any() else None for row, counted in zip(x, mask, strict=True)]
    width = next(answer for answer in answers if answer is not None).shape
    return np.stack([np.zeros(width) if answer is None else answer for answer in answers])


def assert_follows(layer: kpool.Pooling, oracle: Oracle) -> None:
    """A float64 layer gives what the oracle gives, for every kind of row."""
    x, mask = bags()
    np.testing.assert_allclose(layer(x, mask=mask), by_row(oracle, x, mask), rtol=1e-12, atol=1e-14)
