"""y = μ_R + softplus(m + s ε) σ_R,  m = BN(W_m h), s = sigmoid(BN(W_s h)), h = relu(BN(W_h μ_map))"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.vision.gaussian import GaussianPooling

X = np.random.default_rng(0).normal(size=(3, 4, 6, 5))


def built(**arguments: object) -> GaussianPooling:
    layer = GaussianPooling(dtype="float64", **arguments)
    layer.build(X.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([np.abs(rng.normal(size=w.shape)) + 0.1 for w in layer.weights])
    return layer


def norm(x: np.ndarray, layer: object) -> np.ndarray:
    gamma, beta, mean, variance = (np.asarray(w) for w in layer.weights)
    return (x - mean) / np.sqrt(variance + layer.epsilon) * gamma + beta


def oracle(x: np.ndarray, counted: np.ndarray, layer: GaussianPooling) -> np.ndarray:
    """Windows of 2 × 2 of one example."""
    h = np.maximum(norm(x[counted].mean(axis=0) @ np.asarray(layer.W_h), layer.norm_h), 0)
    η = np.log1p(np.exp(norm(h @ np.asarray(layer.W_m), layer.norm_m)))
    y = np.zeros((2, 3, 5))
    for row, col in np.ndindex(2, 3):
        place = slice(2 * row, 2 * row + 2), slice(2 * col, 2 * col + 2)
        if counted[place].any():
            bag = x[place][counted[place]]
            y[row, col] = bag.mean(axis=0) + η * bag.std(axis=0)
    return y


@pytest.mark.parametrize("share", [pytest.param(1.1, id="everything counts"), pytest.param(0.6, id="masked")])
def test_follows_the_formula(share: float) -> None:
    layer = built()
    mask = np.random.default_rng(2).random(X.shape[:3]) < share
    given = layer(np.where(mask[..., None], X, np.nan), mask=mask)
    expected = [oracle(x, counted, layer) for x, counted in zip(X, mask, strict=True)]
    np.testing.assert_allclose(given, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("noise", "drawn"), [("windows", (6, 5)), ("features", (1, 5)), ("off", (1, 1))])
def test_noise_is_drawn_anew_for(noise: str, drawn: tuple[int, int]) -> None:
    """η, told from the answer for windows that all hold 0 and 1, has as many values as there are draws."""
    x = np.zeros((2, 4, 6, 5))
    x[:, ::2] = 1
    layer = GaussianPooling(noise=noise, seed=0, dtype="float64")
    layer.build(x.shape)
    for weight in (layer.W_h, layer.W_m, layer.W_s):
        weight.assign(np.ones(weight.shape))
    given = np.asarray(layer(x, training=True)).reshape(2, 6, 5).round(9)
    assert [len(np.unique(given[0], axis=axis)) for axis in (0,)] == [drawn[0]]
    assert len(np.unique(given[0, 0])) == drawn[1]


def test_batch_statistics_leave_out_an_example_without_elements() -> None:
    layers = [GaussianPooling(noise="off", dtype="float64") for _ in range(2)]
    for layer in layers:
        layer.build(X.shape)
    layers[1].set_weights(layers[0].get_weights())
    mask = np.arange(3).reshape(3, 1, 1) < np.full(X.shape[:3], 2)
    given = layers[0](X, mask=mask, training=True)
    np.testing.assert_allclose(given[:2], layers[1](X[:2], training=True), rtol=1e-12)
    np.testing.assert_allclose(layers[0].norm_h.moving_mean, layers[1].norm_h.moving_mean, rtol=1e-12)
