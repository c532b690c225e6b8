"""s · cos(x, w_k); with a margin m, −log softmax of s · cos(θ + m) or s · (cos θ − m) for the right class"""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool_plugins.stages.cosine import ArcFaceLoss, CosFaceLoss, cosine

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2])


def cosines(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=1, keepdims=True)) @ (w / np.linalg.norm(w, axis=0))


def loss_of(target: np.ndarray, others: np.ndarray) -> float:
    """The mean cross-entropy where `target` stands for the right class's cosine."""
    logits = 64 * np.where(np.eye(3)[Y] > 0, target, others)
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[range(6), Y]))


@pytest.mark.parametrize("learned", [False, True])
def test_follows_the_formula(learned: bool) -> None:
    layer = cosine(3, scale=5.0, learned=learned)
    y = layer(X)
    np.testing.assert_allclose(y, 5 * cosines(X.astype("float64"), np.asarray(layer.W)), rtol=1e-5, atol=1e-6)
    assert len(layer.trainable_weights) == 1 + learned


@pytest.mark.parametrize("size", [pytest.param(1e4, id="norm overflows"), pytest.param(1e-4, id="squares vanish")])
def test_half_precision(size: float) -> None:
    layer, x = cosine(3, dtype="float16"), (X * size).astype("float16")
    y = np.asarray(layer(x))
    np.testing.assert_allclose(y, 64 * cosines(x.astype("float64"), np.asarray(layer.W)), rtol=1e-3, atol=1e-3)


def test_zero_has_no_angle_and_no_gradient() -> None:
    x = tf.zeros((1, 4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = cosine(3)(x)
    np.testing.assert_array_equal(y, np.zeros((1, 3)))
    np.testing.assert_array_equal(tape.gradient(y, x), x)


def test_margins_follow_their_formulas() -> None:
    cos = np.clip(cosines(X.astype("float64"), np.eye(4)[:, :3]), -1, 1)
    assert float(CosFaceLoss()(Y, 64 * cos)) == pytest.approx(loss_of(cos - 0.35, cos), rel=1e-5)
    theta = np.arccos(cos)
    arc = np.where(theta + 0.5 < np.pi, np.cos(theta + 0.5), cos - 0.5 * np.sin(0.5))
    assert float(ArcFaceLoss()(Y[:, None], 64 * cos)) == pytest.approx(loss_of(arc, cos), rel=1e-5)


@pytest.mark.parametrize("loss", [ArcFaceLoss, CosFaceLoss])
def test_without_a_margin_it_is_the_cross_entropy(loss: type[keras.losses.Loss]) -> None:
    logits = 64 * cosines(X, np.eye(4)[:, :3])
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, logits)
    np.testing.assert_allclose(loss(margin=0.0)(Y, logits), expected, rtol=1e-5)


def test_the_margin_has_finite_gradients_at_both_ends() -> None:
    logits = tf.constant([[64.0, -64.0, 0.0], [64.0, -64.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        y = ArcFaceLoss()(np.array([0, 1]), logits)
    assert np.isfinite(tape.gradient(y, logits)).all()


@pytest.mark.parametrize("loss", [ArcFaceLoss, CosFaceLoss])
def test_a_model_trains_and_is_saved_with_it(loss: type[keras.losses.Loss], tmp_path) -> None:
    model = keras.Sequential([keras.Input((None, 4)), kpool.head("mean | cosine(3, scale=8.0)")])
    model.compile(keras.optimizers.Adam(0.1), loss(scale=8.0, margin=0.2), metrics=["sparse_categorical_accuracy"])
    before = model.evaluate(X[:, None], Y, verbose=0)[0]
    model.fit(X[:, None], Y, epochs=10, verbose=0)
    assert model.evaluate(X[:, None], Y, verbose=0)[0] < before
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == model.loss.get_config()
    np.testing.assert_array_equal(again(X[:, None]), model(X[:, None]))
