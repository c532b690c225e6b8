"""Which elements count, by the ids of their tokens."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool

IDS = np.array([[1, 7, 2, 8, 2, 0, 0], [1, 9, 9, 2, 0, 0, 0]])
MASK = IDS > 0
X = np.random.default_rng(0).normal(size=(2, 7, 4)).astype("float32")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param("token_mask([2])", IDS == 2, id="an end token"),
        pytest.param("token_mask([7, 9])", (IDS == 7) | (IDS == 9), id="landmarks"),
        pytest.param("token_mask([1, 2], exclude=true)", (IDS != 1) & (IDS != 2) & MASK, id="no special tokens"),
    ],
)
def test_says_which_count(spec: str, expected: np.ndarray) -> None:
    given = kpool.head(spec)(IDS, mask=MASK)
    assert keras.backend.standardize_dtype(given.dtype) == "bool"
    np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize(("pool", "place"), [pytest.param("first", 2, id="first"), pytest.param("last", 4, id="last")])
def test_a_pool_takes_the_end_token(pool: str, place: int) -> None:
    at = kpool.head("token_mask([2])")
    np.testing.assert_array_equal(kpool.pool(pool)(X, mask=at(IDS))[0], X[0, place])


def test_stands_in_a_functional_model_and_its_file(tmp_path) -> None:
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(10, 3)(ids)
    model = keras.Model(ids, kpool.pool("mean")(x, mask=kpool.head("token_mask([0, 1], exclude=true)")(ids)))
    table = model.get_weights()[0]
    expected = [table[row[row > 1]].mean(axis=0) for row in IDS]
    np.testing.assert_allclose(model(IDS), expected, rtol=1e-6)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(IDS), expected, rtol=1e-6)


def test_there_is_an_id() -> None:
    with pytest.raises(kpool.SpecError, match="token_mask: ids must be"):
        kpool.head("token_mask([])")
