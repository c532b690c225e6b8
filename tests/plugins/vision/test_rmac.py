"""y = Σ_R m_R / ‖m_R‖₂, to unit length,  m_R = max_{t ∈ R} x"""

from __future__ import annotations

import math

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.vision.rmac import RMACPooling

rng = np.random.default_rng(0)


def starts(length: int, shorter: int, level: int) -> tuple[int, list[int]]:
    """The side of the regions and where they start, after the code of cirtorch, in its floating point."""
    steps, more = np.array([2, 3, 4, 5, 6, 7]), 0
    if length > shorter:
        b = (length - shorter) / (steps - 1)
        more = int(np.argmin(np.abs((shorter**2 - shorter * b) / shorter**2 - 0.4))) + 1
    side = math.floor(2 * shorter / (level + 1))
    between = (length - side) / (level + more - 1) if level + more > 1 else 0
    return side, [math.floor(i * between + 1e-9) for i in range(level + more)]


def by_regions(x: np.ndarray, counts: np.ndarray, layer: RMACPooling) -> np.ndarray:
    """Of one map (rows, cols, features)."""
    rows, cols = x.shape[:2]
    regions = [counts] if layer.whole else []
    for level in range(1, layer.levels + 1):
        side, tops = starts(rows, min(rows, cols), level)
        _, lefts = starts(cols, min(rows, cols), level)
        for top in tops:
            for left in lefts:
                region = np.zeros_like(counts)
                region[top : top + side, left : left + side] = True
                regions.append(region & counts)
    maxima = [x[region].max(axis=0) for region in regions if region.any()]
    total = np.sum([m / np.linalg.norm(m) for m in maxima], axis=0)
    return total / np.linalg.norm(total)


@pytest.mark.parametrize(
    ("rows", "cols"),
    [(8, 8), (9, 12), (12, 7), (3, 20), (1, 5), pytest.param(30, 23, id="a photograph")],
)
@pytest.mark.parametrize("whole", [False, True])
def test_follows_the_formula(rows: int, cols: int, whole: bool) -> None:
    import tensorflow as tf

    x, counts = rng.normal(size=(2, rows, cols, 4)), rng.random((2, rows, cols)) < 0.7
    counts[:, 0, 0] = True
    layer = RMACPooling(whole=whole, dtype="float64")
    expected = [by_regions(*each, layer) for each in zip(x, counts, strict=True)]
    given = np.where(counts[..., None], x, np.nan)
    np.testing.assert_allclose(layer(given, mask=counts), expected, rtol=1e-12)
    unknown = tf.TensorSpec((None, None, None, 4), "float64"), tf.TensorSpec((None, None, None), "bool")
    compiled = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=unknown)
    np.testing.assert_allclose(compiled(given, counts), expected, rtol=1e-12)


def test_one_level_of_a_square_is_the_max_to_unit_length() -> None:
    x = rng.normal(size=(3, 6, 6, 4))
    y = x.max(axis=(1, 2))
    np.testing.assert_allclose(
        RMACPooling(1, dtype="float64")(x), y / np.linalg.norm(y, axis=1, keepdims=True), rtol=1e-12
    )


def test_pools_images() -> None:
    with pytest.raises(SpecError, match="rmac pools images"):
        RMACPooling().build((None, None, 4))


def test_has_regions_of_its_own() -> None:
    with pytest.raises(SpecError, match="rmac pools over everything only"):
        RMACPooling(over="window(2)")
