"""What is measured is what it is called."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset
from kpool.lab.measures import auc, check, shift_consistency

Outputs = np.ndarray


def test_auc_counts_the_pairs_in_order(tokens: Dataset) -> None:
    scores = np.random.default_rng(0).integers(0, 4, len(tokens.split.test))  # with ties
    y = tokens.y[tokens.split.test]
    pairs = [(a > b) + (a == b) / 2 for a in scores[y == 1] for b in scores[y == 0]]
    outputs = np.stack([-scores, scores], axis=1).astype(np.float32)
    assert auc(tokens, lambda _: outputs) == pytest.approx(np.mean(pairs))
    assert 0 < auc(tokens, lambda _: outputs) < 1


def classifier(images: Dataset, scores: Callable[[Outputs], Outputs]) -> Callable[[Dataset], Outputs]:
    def predict(dataset: Dataset) -> Outputs:
        score = scores(dataset.x[images.split.test])
        return np.stack([-score, score], axis=1)

    return predict


def test_what_moves_with_the_image_is_consistent(images: Dataset) -> None:
    assert shift_consistency(images, classifier(images, lambda x: x.max(axis=(1, 2, 3)) - 2)) == 1


def test_what_depends_on_the_place_is_not(images: Dataset) -> None:
    """A class that changes with each step sideways is the same for 56 of 120 pairs of 16 shifts."""
    images.x[:] = np.arange(8).reshape(1, 1, 8, 1) % 2 - 0.5
    assert shift_consistency(images, classifier(images, lambda x: x[:, 0, 0, 0])) == pytest.approx(56 / 120)


def test_a_measure_that_means_nothing_is_refused(tokens: Dataset, images: Dataset) -> None:
    check(("auc",), tokens)
    check(("auc", "shift_consistency"), images)
    with pytest.raises(KpoolError, match="no measure 'auk'; there are auc and shift_consistency"):
        check(("auk",), tokens)
    with pytest.raises(KpoolError, match="shift_consistency is of images; tokens has none"):
        check(("shift_consistency",), tokens)
    with pytest.raises(KpoolError, match="auc is of two classes, and three has 3"):
        check(("auc",), Dataset("three", tokens.x, np.arange(40, dtype=np.int32) % 3, ("a", "b", "c")))
