"""Learned numbers: an optimiser moves them, bounds hold them, a file keeps them, frozen or not."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(8, 6, 3)).astype("float32")

LEARNED = [
    pytest.param("gem", "p", id="gem"),
    pytest.param("gem(per_channel=true)", "p", id="gem: one a feature"),
    pytest.param("lse(trainable=true)", "r", id="lse"),
    pytest.param("softmax(trainable=true)", "t", id="softmax"),
    pytest.param("softmax(temperature=0.0, per_channel=true, trainable=true)", "t", id="AutoPool"),
]


def fitted(spec: str, learning_rate: float, wanted: float) -> kpool.Pooling:
    """The pool after one step towards an output of `wanted`."""
    layer = kpool.pool(spec)
    model = keras.Sequential([keras.Input((None, 3)), layer])
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    model.train_on_batch(X, np.full((8, 3), wanted, "float32"))
    return layer


@pytest.mark.parametrize(("spec", "name"), LEARNED)
@pytest.mark.parametrize("wanted", [pytest.param(9, id="sharper"), pytest.param(-9, id="flatter")])
def test_one_step_moves_it(spec: str, name: str, wanted: float) -> None:
    before = kpool.pool(spec)
    before.build(X.shape)
    moved = getattr(fitted(spec, 0.01, wanted), name).numpy() - getattr(before, name).numpy()
    assert np.all(np.sign(moved) == np.sign(wanted))


@pytest.mark.parametrize(
    ("spec", "low", "high"),
    [pytest.param("gem", 1, 64, id="gem"), pytest.param("lse(trainable=true)", 1e-3, 1e3, id="lse")],
)
def test_bounds_hold_it(spec: str, low: float, high: float) -> None:
    for wanted, bound in ((1e6, high), (-1e6, low)):
        (weight,) = fitted(spec, 1e6, wanted).get_weights()
        np.testing.assert_allclose(weight, bound, rtol=1e-6)


@pytest.mark.parametrize(("spec", "name"), LEARNED)
@pytest.mark.parametrize("frozen", [False, True])
def test_a_file_keeps_it(spec: str, name: str, frozen: bool, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((None, 3)), kpool.pool(spec)])
    model.layers[0].set_weights([1.5 + w for w in model.layers[0].get_weights()])
    model.layers[0].trainable = not frozen
    model.save(tmp_path / "model.keras")
    (layer,) = keras.models.load_model(tmp_path / "model.keras").layers
    np.testing.assert_array_equal(getattr(layer, name), getattr(model.layers[0], name))
    assert len(layer.trainable_weights) == (0 if frozen else 1)
    layer.trainable = True
    assert len(layer.trainable_weights) == 1


@pytest.mark.parametrize("spec", ["gem(trainable=false)", "lse", "softmax"])
def test_a_constant_is_no_weight(spec: str) -> None:
    layer = kpool.pool(spec)
    layer.build(X.shape)
    assert layer.weights == []
