"""h ← z h + (1 − z) tanh(W x + U (r ⊙ h) + b), z and r of σ, over the counted elements; y = h"""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kpool_plugins.sets.gru import GRUPooling

from ..rows import assert_follows, bags


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def oracle(x: np.ndarray, layer: GRUPooling) -> np.ndarray:
    answers = []
    for direction, elements in (("forward", x), ("backward", x[::-1]))[: 1 + layer.bidirectional]:
        w, u, b = (np.asarray(getattr(layer, f"{letter}_{direction}")) for letter in "WUb")
        n, h = len(u), np.zeros(len(u))
        for element in elements:
            wx, uh = element @ w + b, h @ u
            z, r = sigmoid(wx[:n] + uh[:n]), sigmoid(wx[n : 2 * n] + uh[n : 2 * n])
            if layer.reset == "before":
                candidate = np.tanh(wx[2 * n :] + (r * h) @ u[:, 2 * n :])
            else:
                candidate = np.tanh(wx[2 * n :] + r * (uh[2 * n :] + np.asarray(getattr(layer, f"b_h_{direction}"))))
            h = z * h + (1 - z) * candidate
        answers.append(h)
    return np.concatenate(answers)


@pytest.mark.parametrize("reset", [pytest.param("before", id="Cho"), pytest.param("after", id="cuDNN")])
@pytest.mark.parametrize("bidirectional", [pytest.param(False, id="one way"), pytest.param(True, id="both ways")])
def test_follows_the_formula(reset: str, bidirectional: bool) -> None:
    layer = GRUPooling(units=3, bidirectional=bidirectional, reset=reset, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_is_the_layer_of_keras() -> None:
    """On gaps in the middle too, over which Keras carries the state."""
    (x, mask), ours = bags(), GRUPooling(5)
    theirs = keras.layers.GRU(5, use_cudnn=False, reset_after=False)
    x, mask = np.nan_to_num(x).astype("float32")[:5], mask[:5]
    ours.build(x.shape)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x, mask=mask), theirs(x, mask=mask), rtol=1e-5, atol=1e-6)


def test_is_trained_under_xla() -> None:
    x, mask = np.nan_to_num(bags()[0]).astype("float32"), bags()[1]
    inputs, counted = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    model = keras.Model([inputs, counted], GRUPooling(2)(inputs, mask=counted))
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=True)
    first = model.evaluate([x, mask], np.ones((6, 2)), verbose=0)
    model.fit([x, mask], np.ones((6, 2)), epochs=3, verbose=0)
    assert model.evaluate([x, mask], np.ones((6, 2)), verbose=0) < first
