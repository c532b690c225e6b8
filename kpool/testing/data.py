"""Small inputs with a mask, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpool.testing.compare import Array

POSITIONS = {3: (9,), 4: (6, 5), 5: (4, 5, 3)}
"""How many positions an input of each rank has."""

MANY = {3: (150,), 4: (13, 12), 5: (7, 5, 4)}
"""So many that what is sampled, grouped or summed in blocks is."""

WIDTHS = (8, 12, 7, 16, 30, 64)
"""The features tried, until one suits the layer."""


@dataclass(frozen=True)
class Batch:
    """`x` is (batch, *positions, features), `mask` is bool (batch, *positions) with something in every row."""

    x: Array
    mask: Array


def draw(seed: int, positions: tuple[int, ...], features: int, *, rows: int = 4, positive: bool = False) -> Batch:
    """Values about 0.5 with spread 1, or their magnitudes; the first row is full, about 60 % of the others counts."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.5, 1.0, (rows, *positions, features)).astype("float32")
    mask = rng.random((rows, *positions)) < 0.6
    mask[:1] = True
    empty = ~mask.reshape(rows, -1).any(axis=1)
    mask[(empty, *([0] * len(positions)))] = True
    return Batch(np.abs(x) + np.float32(0.01) if positive else x, mask)
