"""y = ½ (max_i (w₀ᵀ x_i) + b₀ + w_bᵀ Σ_i softmax_i(q_iᵀ q_m) W_v x_i + b),  q = W_q x + b_q,  m = argmax_i w₀ᵀ x_i"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.instances.dsmil import DSMILPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: DSMILPooling) -> np.ndarray:
    w_0, b_0, w_q, b_q, w_v, w_b, b = (np.asarray(w, "float64") for w in layer.weights)
    answers = []
    for c in range(layer.classes):
        scores, q = x @ w_0[:, c], x @ w_q + b_q
        alike = q @ q[np.argmax(scores)] / (np.sqrt(layer.units) if layer.scaled else 1)
        e = np.exp(alike - alike.max())
        average = sum(weight * (element @ w_v) for weight, element in zip(e / e.sum(), x, strict=True))
        answers.append((scores.max() + b_0[c] + average @ w_b[:, c] + b[c]) / 2)
    return np.array(answers)


def drawn(**arguments: object) -> DSMILPooling:
    layer = DSMILPooling(units=5, dtype="float64", **arguments)
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("scaled", [pytest.param(False, id="paper"), pytest.param(True, id="reference code")])
@pytest.mark.parametrize("classes", [1, 3])
def test_follows_the_formula(classes: int, scaled: bool) -> None:
    layer = drawn(classes=classes, scaled=scaled)
    assert_follows(layer, lambda x: oracle(x, layer))


def test_elements_that_tie_share_the_place() -> None:
    x, layer = np.random.default_rng(1).normal(size=(1, 6, 4)), drawn(classes=2)
    np.testing.assert_allclose(layer(np.repeat(x, 2, axis=1)), layer(x), rtol=1e-12)
    layer.W_0.assign(0 * layer.W_0)
    np.testing.assert_allclose(layer(x[:, ::-1]), layer(x), rtol=1e-12)
    number = np.array([1, 3, 1, 2, 1, 1])
    np.testing.assert_allclose(layer(x, weights=number[None]), layer(np.repeat(x, number, axis=1)), rtol=1e-12)


def test_shows_the_weights_of_each_class() -> None:
    x = np.random.default_rng(1).normal(size=(2, 6, 4))
    for over, shape in (("none", (2, 6, 3)), ("window(3)", (2, 2, 3, 3))):
        _, weights = kpool.pool(f"dsmil(classes=3, over={over})")(x, return_weights=True)
        assert weights.shape == shape
        np.testing.assert_allclose(np.sum(weights, axis=-2), np.ones((*shape[:-2], 3)), rtol=1e-5)
