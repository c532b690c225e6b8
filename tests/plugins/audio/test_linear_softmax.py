"""y = Σ p² / Σ p"""

from __future__ import annotations

import numpy as np

from kpool_plugins.audio.linear_softmax import LinearSoftmaxPooling

from ..rows import assert_follows


def oracle(p: np.ndarray, layer: LinearSoftmaxPooling) -> np.ndarray:
    answers = []
    for feature in np.maximum(p, 0).T:
        loud = feature[feature > 0]
        answers.append(np.average(loud, weights=loud) if len(loud) else 0.0)
    return np.array(answers)


def test_follows_the_formula() -> None:
    layer = LinearSoftmaxPooling(dtype="float64")
    assert_follows(layer, lambda p: oracle(p, layer))


def test_silence_is_silent() -> None:
    np.testing.assert_array_equal(LinearSoftmaxPooling()(np.zeros((1, 5, 2), "float32")), np.zeros((1, 2)))


def test_a_constant_is_itself() -> None:
    np.testing.assert_allclose(LinearSoftmaxPooling()(np.full((1, 5, 2), 0.3, "float32")), np.full((1, 2), 0.3))
