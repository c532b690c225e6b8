"""A set of bags in shards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

ELEMENTS, FEATURES = 240, 4


@pytest.fixture
def elements() -> tuple[np.ndarray, np.ndarray]:
    """Elements, and the bag that each is in: bags go on for several shards, and return."""
    rng = np.random.default_rng(0)
    x = rng.normal(100, 1, (ELEMENTS, FEATURES)).astype("float32")
    return x, np.repeat([7, 3, 7, 12, 5], [90, 20, 40, 80, 10])


@pytest.fixture
def folder(tmp_path: Path, elements: tuple[np.ndarray, np.ndarray]) -> Path:
    """12 shards of 20 elements, 0.npz to 11.npz: bag 7 is in seven of them."""
    made = tmp_path / "shards"
    made.mkdir()
    for i, (x, ids) in enumerate(zip(*(np.split(array, 12) for array in elements), strict=True)):
        np.savez(made / f"{i}.npz", x=x, ids=ids)
    return made
