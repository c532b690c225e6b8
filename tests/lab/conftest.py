"""Data small enough to train on in a moment."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.lab.dataset import Dataset, labelled


@pytest.fixture
def tokens() -> Dataset:
    """Two classes told apart by the mean of what counts; what does not count is NaN."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    mask = np.arange(6) < random.integers(1, 7, 40)[:, None]
    x = random.normal(size=(40, 6, 3)) + 4 * (2 * labels[:, None, None] - 1)
    return labelled("tokens", np.where(mask[..., None], x, np.nan).astype(np.float32), labels, mask)


@pytest.fixture
def images() -> Dataset:
    random = np.random.default_rng(0)
    labels = np.arange(20) % 2
    return labelled(
        "images", (random.normal(size=(20, 8, 8, 1)) + labels[:, None, None, None]).astype("float32"), labels
    )
