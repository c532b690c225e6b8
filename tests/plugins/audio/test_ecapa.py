"""y = [μ̃; √(Σ α ⊙ (x − μ̃)²)],  μ̃ = Σ α ⊙ x,  α = softmax(Vᵀ f(Wᵀ [x; μ; σ] + b))"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.audio.ecapa import ECAPAPooling

from ..rows import assert_follows, bags

F = {
    "relu_tanh": lambda z: np.tanh(np.maximum(z, 0)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def oracle(x: np.ndarray, layer: ECAPAPooling) -> np.ndarray:
    w, b, v = (np.asarray(each, "float64") for each in (layer.W, layer.b, layer.V))
    about = [x.mean(axis=0), x.std(axis=0)] if layer.context else []
    scores = np.stack([v.T @ F[layer.arguments["activation"]](w.T @ np.concatenate([t, *about]) + b) for t in x])
    answers = []
    for feature, score in zip(x.T, scores.T, strict=True):
        α = np.exp(score) / np.exp(score).sum()
        mean = α @ feature
        answers.append((mean, np.sqrt(α @ (feature - mean) ** 2)))
    return np.array(answers).T.ravel()


def drawn(**arguments: object) -> ECAPAPooling:
    layer = ECAPAPooling(units=5, dtype="float64", **arguments)
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("activation", F)
@pytest.mark.parametrize("context", [pytest.param(True, id="of the bag"), pytest.param(False, id="none")])
def test_follows_the_formula(activation: str, context: bool) -> None:
    layer = drawn(activation=activation, context=context)
    assert_follows(layer, lambda x: oracle(x, layer))


def test_may_start_as_plain_statistics() -> None:
    layer = ECAPAPooling(initial="mean", dtype="float64")
    assert_follows(layer, lambda x: np.concatenate([x.mean(axis=0), x.std(axis=0)]))


def test_a_window_knows_its_own_context() -> None:
    x, _ = bags()
    x, layer = x[:1], drawn(over="window(3)")
    for i, given in enumerate(np.asarray(layer(x))[0]):
        np.testing.assert_allclose(given, oracle(x[0, 3 * i : 3 * i + 3], layer), rtol=1e-12)


@pytest.mark.parametrize(
    ("over", "shape"), [("none", (2, 6, 4)), ("window(3)", (2, 2, 3, 4))], ids=["as the input", "bag by bag"]
)
def test_shows_its_weights(over: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")
    answer, weights = kpool.pool(f"ecapa(over={over})")(x, return_weights=True)
    assert weights.shape == shape
    lined = x.reshape(shape)
    np.testing.assert_allclose(np.sum(weights * lined, axis=-2), answer[..., :4], rtol=1e-5, atol=1e-6)
