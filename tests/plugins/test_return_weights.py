"""layer(x, return_weights=True) gives the weights of the average too: what an element is worth, 0 where none counts."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kpool
from kpool.errors import KpoolError

ATTENTION = [
    pytest.param("attention", (), id="attention"),
    pytest.param("attention(heads=2)", (2,), id="attention, heads"),
    pytest.param("gated_attention(heads=2)", (2,), id="gated_attention"),
    pytest.param("dot_attention", (), id="dot_attention"),
    pytest.param("dot_attention(queries=3)", (3,), id="dot_attention, queries"),
    pytest.param("dot_attention(queries=2, values=split, projections=true)", (2,), id="dot_attention, split"),
    pytest.param("map(heads=1)", (), id="map"),
    pytest.param("map(heads=2, probes=3)", (3, 2), id="map, probes and heads"),
    pytest.param("clip_attention(heads=2)", (2,), id="clip_attention"),
    pytest.param("simpool", (), id="simpool"),
    pytest.param("simpool(heads=2, gamma=none)", (2,), id="simpool, heads"),
    pytest.param("ada_attention(heads=2)", (2,), id="ada_attention"),
    pytest.param("ada_attention(heads=2, query=1, skip=true)", (2,), id="ada_attention, by place"),
    pytest.param("cls_attention(heads=2)", (2,), id="cls_attention: among the elements"),
    pytest.param("multi_hop(hops=3)", (3,), id="multi_hop"),
    pytest.param("vector_attention", (4,), id="vector_attention: of every feature"),
]
LOCAL = [row for row in ATTENTION if not row.values[0].startswith("clip")]

RNG = np.random.default_rng(0)


def drawn(positions: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Three examples, of which the last has no counted element."""
    x, mask = RNG.normal(size=(3, *positions, 4)).astype("float32"), RNG.random((3, *positions)) < 0.6
    mask[:, :1], mask[2] = True, False
    return np.where(mask[..., None], x, np.nan).astype("float32"), mask


def assert_shares(shares: np.ndarray, counted: np.ndarray, axes: tuple[int, ...]) -> None:
    """They sum to 1 over the counted elements, and are 0 elsewhere."""
    assert np.all(shares >= 0)
    assert not shares[~counted].any()
    holds = counted.any(axis=axes)
    np.testing.assert_allclose(shares.sum(axis=axes)[holds], 1, rtol=1e-6)


@pytest.mark.parametrize(("spec", "each"), ATTENTION)
@pytest.mark.parametrize("positions", [pytest.param((6,), id="steps"), pytest.param((3, 2), id="a map")])
def test_over_everything_they_are_laid_out_as_the_input(spec: str, each: tuple[int], positions: tuple[int]) -> None:
    layer, (x, mask) = kpool.pool(spec), drawn(positions)
    answer, weights = layer(x, mask=mask, return_weights=True)
    assert weights.shape == (3, *positions, *each)
    assert_shares(np.asarray(weights), mask, tuple(range(1, mask.ndim)))
    np.testing.assert_array_equal(answer, layer(x, mask=mask))


@pytest.mark.parametrize(("spec", "each"), LOCAL)
def test_over_windows_each_window_has_its_own(spec: str, each: tuple[int]) -> None:
    layer, (x, mask) = (
        kpool.pool(spec[:-1] + ", over=window(2))" if "(" in spec else f"{spec}(over=window(2))"),
        drawn((6,)),
    )
    answer, weights = layer(x, mask=mask, return_weights=True)
    assert weights.shape == (3, 3, 2, *each)
    assert_shares(np.asarray(weights), mask.reshape(3, 3, 2), (2,))
    assert answer.shape[:2] == (3, 3)


@pytest.mark.parametrize(
    "spec",
    ["attention(heads=2)", "gated_attention(heads=2)", "dot_attention(queries=2, values=split)", "vector_attention"],
)
def test_the_answer_is_their_average(spec: str) -> None:
    layer, (x, mask) = kpool.pool(spec), drawn((6,))
    answer, weights = layer(x, mask=mask, return_weights=True)
    shares = np.repeat(weights, 4 // weights.shape[-1], axis=-1)
    np.testing.assert_allclose(np.sum(shares * np.nan_to_num(x), axis=1), answer, rtol=1e-5, atol=1e-6)


def test_an_element_of_weight_3_is_worth_three() -> None:
    layer, x = kpool.pool("attention(initial=mean)"), np.ones((1, 3, 4), "float32")
    _, weights = layer(x, weights=np.array([[1, 0, 3]], "float32"), return_weights=True)
    np.testing.assert_allclose(weights, [[0.25, 0, 0.75]])


@pytest.mark.parametrize("spec", ["mean", "max", "latent_attention(heads=2)"])
def test_others_have_none(spec: str) -> None:
    with pytest.raises(KpoolError, match="has no weights to return; call it without"):
        kpool.pool(spec)(np.ones((1, 3, 4), "float32"), return_weights=True)


def test_in_a_functional_model(tmp_path: Path) -> None:
    inputs = keras.Input((None, 4))
    answer, weights = kpool.pool("attention(heads=2)")(inputs, return_weights=True)
    assert weights.shape == (None, None, 2)
    model = keras.Model(inputs, {"answer": answer, "weights": weights})
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    given, expected = keras.models.load_model(tmp_path / "model.keras")(x), model(x)
    for name in ("answer", "weights"):
        np.testing.assert_array_equal(given[name], expected[name])
