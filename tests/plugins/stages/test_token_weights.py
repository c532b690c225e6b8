"""SIF: w = a / (a + p).  IDF: w = log(N / d)."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool_plugins.stages.token_weights import token_weights

TEXTS = [[1, 2, 2, 3], [1, 2], [1, 4]]
IDS = np.array([[1, 2, 5, 99, -1]])


def test_every_token_weighs_the_same_at_first() -> None:
    np.testing.assert_array_equal(token_weights(6)(IDS), np.ones((1, 5)))


def test_sif_follows_the_formula() -> None:
    layer = token_weights(6, a=0.1)
    layer.adapt(TEXTS)
    expected = [0.1 / (0.1 + 3 / 8), 0.1 / (0.1 + 3 / 8), 1, 1, 1]
    np.testing.assert_allclose(layer(IDS)[0], expected, rtol=1e-6)


def test_idf_follows_the_formula() -> None:
    layer = token_weights(6, scheme="idf", unknown=2.0)
    layer.adapt(TEXTS)
    np.testing.assert_allclose(layer(IDS)[0], [0, np.log(3 / 2), 2, 2, 2], rtol=1e-6)


def test_known_weights_are_taken() -> None:
    layer = token_weights(6, unknown=0.0)
    layer.assign({1: 3.0, 5: 0.5})
    np.testing.assert_array_equal(layer(IDS)[0], [3, 0, 0.5, 0, 0])
    assert not layer.trainable_weights


def test_stands_in_a_functional_model_and_its_file(tmp_path) -> None:
    weigh = kpool.head("token_weights(6)")
    weigh.node_0.assign({1: 3.0, 2: 1.0})
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(6, 3)(ids)
    model = keras.Model(ids, kpool.pool("mean")(x, weights=weigh(ids)))
    table = next(w for w in model.get_weights() if w.ndim == 2)
    expected = (3 * table[1] + table[2]) / 4
    np.testing.assert_allclose(model(IDS[:, :2])[0], expected, rtol=1e-6)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(IDS[:, :2])[0], expected, rtol=1e-6)


@pytest.mark.parametrize("weights", [pytest.param({6: 1.0}, id="no such id"), pytest.param({1: -1.0}, id="below 0")])
def test_weights_must_fit(weights: dict[int, float]) -> None:
    with pytest.raises(kpool.KpoolError, match="ids go from 0 to 5, and weights are finite, 0 or more"):
        token_weights(6).assign(weights)


def test_there_must_be_texts() -> None:
    with pytest.raises(kpool.KpoolError, match="adapt was given no token"):
        token_weights(6).adapt([])
