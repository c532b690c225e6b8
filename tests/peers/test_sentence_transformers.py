"""sentence-transformers: Pooling in all its modes, padded left and right, and the modules around it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from sentence_transformers.base.modules.normalize import Normalize
from sentence_transformers.sentence_transformer.modules.pooling import Pooling
from sentence_transformers.sentence_transformer.modules.weighted_layer_pooling import WeightedLayerPooling
from sentence_transformers.sentence_transformer.modules.word_weights import WordWeights
from sentence_transformers.sparse_encoder.modules.splade_pooling import SpladePooling

import kpool
from kpool_plugins.stages.token_weights import token_weights

from .copying import pool, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 7, 5))
LENGTHS = np.array([7, 4, 1, 6])
RIGHT = np.arange(7) < LENGTHS[:, None]
LEFT = RIGHT[:, ::-1].copy()
GAPPED = np.array([[1, 1, 0, 1, 0, 0, 1], [0, 1, 0, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]], bool)
SPECS = {
    "cls": "first",
    "max": "max",
    "mean": "mean",
    "mean_sqrt_len_tokens": "sqrt_mean",
    "weightedmean": "position_mean",
    "lasttoken": "last",
}


def theirs(mode: Any, x: np.ndarray, mask: np.ndarray, before: Any = None, **features: Any) -> np.ndarray:
    features = {
        "token_embeddings": torch.from_numpy(x),
        "attention_mask": torch.from_numpy(mask.astype(int)),
        **features,
    }
    features = before(features) if before else features
    pooling = Pooling(x.shape[-1], mode, include_prompt="prompt_length" not in features)
    return pooling(features)["sentence_embedding"].detach().numpy()


@pytest.mark.parametrize("mode", SPECS)
@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(np.ones((4, 7), bool), id="no padding"),
        pytest.param(RIGHT, id="padded right"),
        pytest.param(LEFT, id="padded left"),
    ],
)
def test_modes(mode: str, mask: np.ndarray) -> None:
    same(pool(SPECS[mode], X, mask=mask), theirs(mode, X, mask))


@pytest.mark.parametrize("mode", [mode for mode in SPECS if mode != "weightedmean"])
def test_modes_with_gaps(mode: str) -> None:
    same(pool(SPECS[mode], X, mask=GAPPED), theirs(mode, X, GAPPED))


def test_weightedmean_counts_what_stands_in_a_gap() -> None:
    """Theirs gives a token its place among all that follow the first; position_mean its place among those that count:
    a masked token is as if it were not there."""
    x, mask = np.array([[[1.0], [50.0], [4.0]]]), np.array([[True, False, True]])
    np.testing.assert_allclose(theirs("weightedmean", x, mask).item(), (1 * 1 + 3 * 4) / (1 + 3))
    np.testing.assert_allclose(pool("position_mean", x, mask=mask).item(), (1 * 1 + 2 * 4) / (1 + 2))


FIXTURE = np.array([[[1.0, 2], [3, 4], [5, 6], [99, 99]], [[10, 20], [30, 40], [50, 60], [70, 80]]])


@pytest.mark.parametrize(
    ("mode", "first", "second"),
    [
        ("cls", [1, 2], [10, 20]),
        ("max", [5, 6], [70, 80]),
        ("mean", [3, 4], [40, 50]),
        ("mean_sqrt_len_tokens", [9 / 3**0.5, 12 / 3**0.5], [80, 100]),
        ("weightedmean", [22 / 6, 28 / 6], [50, 60]),
        ("lasttoken", [5, 6], [70, 80]),
    ],
)
def test_the_numbers_of_their_own_tests(mode: str, first: list[float], second: list[float]) -> None:
    mask = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)
    same(theirs(mode, FIXTURE, mask), np.array([first, second], "float64"))
    same(pool(SPECS[mode], FIXTURE, mask=mask), np.array([first, second], "float64"))


@pytest.mark.parametrize("modes", [("cls", "mean"), ("lasttoken", "cls", "max", "weightedmean")], ids="+".join)
def test_several_modes_stand_side_by_side(modes: tuple[str, ...]) -> None:
    spec = f"concat({', '.join(SPECS[mode] for mode in modes)})"
    same(pool(spec, X, mask=LEFT), theirs(modes, X, LEFT))


@pytest.mark.parametrize("mode", ["cls", "max", "mean", "mean_sqrt_len_tokens", "lasttoken"])
@pytest.mark.parametrize("left", [False, True], ids=["padded right", "padded left"])
def test_a_prompt_is_masked(mode: str, left: bool) -> None:
    """include_prompt=False leaves the first tokens out; here the mask does."""
    lengths = np.array([[7], [4], [3], [6]])
    place = np.arange(7) - (7 - lengths if left else 0)
    mask = (place >= 0) & (place < lengths)
    same(pool(SPECS[mode], X, mask=mask & (place >= 2)), theirs(mode, X, mask, prompt_length=2))


def test_weightedmean_behind_a_prompt() -> None:
    """Theirs counts on from the prompt, which is left out: places 2 and 3. For position_mean a bag starts with 1."""
    mask = np.array([[1, 1, 1, 0]], bool)
    given = theirs("weightedmean", FIXTURE[:1], mask, prompt_length=1)
    same(given, np.array([[21 / 5, 26 / 5]]))
    ours = pool("position_mean", FIXTURE[:1], mask=mask & (np.arange(4) > 0))
    same(ours, np.array([[13 / 3, 16 / 3]]))


@pytest.mark.parametrize("mode", ["cls", "max", "mean", "weightedmean", "lasttoken"])
def test_a_packed_batch_is_one_of_segments(mode: str) -> None:
    packed, ids = X[RIGHT], np.nonzero(RIGHT)[0]
    bounds = torch.from_numpy(np.concatenate([[0], np.cumsum(LENGTHS)]))
    given = Pooling(5, mode)({"token_embeddings": torch.from_numpy(packed[None]), "cu_seq_lens_q": bounds})
    same(pool(f"{SPECS[mode]}(over=segments(4))", packed[None], regions=ids[None])[0], given["sentence_embedding"])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("cls", X[0, 0], id="cls: a pad"),
        pytest.param("max", np.full(5, -np.inf), id="max: −∞"),
        pytest.param("mean", np.zeros(5), id="mean: 0"),
        pytest.param("mean_sqrt_len_tokens", np.zeros(5), id="sqrt: 0"),
        pytest.param("weightedmean", np.zeros(5), id="weightedmean: 0"),
        pytest.param("lasttoken", np.zeros(5), id="lasttoken: 0"),
    ],
)
def test_a_row_without_tokens(mode: str, expected: np.ndarray) -> None:
    """Each of their modes has an answer of its own; all of ours have empty_value."""
    none = np.zeros((1, 7), bool)
    same(theirs(mode, X[:1], none), expected[None])
    assert not pool(SPECS[mode], X[:1], mask=none).any()


def test_a_mask_of_another_length() -> None:
    """Theirs goes unnoticed, and all tokens count; ours is refused."""
    same(theirs("mean", X, RIGHT[:, :5]), X.mean(axis=1))
    with pytest.raises(kpool.MaskError):
        pool("mean", X, mask=RIGHT[:, :5])


@pytest.mark.parametrize("mode", SPECS)
def test_nan_in_the_padding(mode: str) -> None:
    """0 · NaN is NaN: three of their modes multiply by the mask. Nothing that is masked leaves a trace here."""
    x = np.where(RIGHT[..., None], X, np.nan)
    leaks = {"mean", "mean_sqrt_len_tokens", "weightedmean"}
    leaked = np.isnan(theirs(mode, x, RIGHT)[LENGTHS < 7])
    assert leaked.all() if mode in leaks else not leaked.any()
    same(pool(SPECS[mode], x, mask=RIGHT), pool(SPECS[mode], X, mask=RIGHT))


def test_half_precision_adds_up_in_float32() -> None:
    """On both sides: 100 times 1000 is infinite in float16, its mean is not."""
    x, mask = np.full((1, 100, 2), 1000.0, "float16"), np.ones((1, 100), bool)
    keras.config.set_dtype_policy("float16")
    for mode in ("mean", "weightedmean"):
        np.testing.assert_array_equal(theirs(mode, x, mask), x[:, 0])
        np.testing.assert_array_equal(pool(SPECS[mode], x, mask=mask), x[:, 0])
    np.testing.assert_array_equal(theirs("mean_sqrt_len_tokens", x, mask), 10 * x[:, 0])
    np.testing.assert_array_equal(pool("sqrt_mean", x, mask=mask), 10 * x[:, 0])


IDS = np.array([[0, 1, 2, 3], [3, 3, 1, 0]])
WEIGHTS = {"a": 0.5, "b": 2.0, "c": 1.5}


def weighted(mode: str, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    words = WordWeights(["a", "b", "c", "d"], WEIGHTS).double()
    return theirs(mode, x, mask, before=words, input_ids=torch.from_numpy(IDS))


@pytest.mark.parametrize("mode", ["mean", "mean_sqrt_len_tokens"])
def test_word_weights_are_weights(mode: str) -> None:
    """√ of the sum of weights, and so Σ w x / √Σ w, in both."""
    mask = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
    weigh = token_weights(4)
    weigh.assign({0: 0.5, 1: 2.0, 2: 1.5})
    same(pool(SPECS[mode], FIXTURE, mask=mask, weights=weigh(IDS)), weighted(mode, FIXTURE, mask))


def test_word_weights_and_weightedmean() -> None:
    """Theirs divides Σ i w x by Σ w, and not by Σ i w: of ones it gives more than 2. For us a weight says how often a
    token stands there, and of ones comes one."""
    ones, mask = np.ones((2, 4, 1)), np.ones((2, 4), bool)
    w = np.array([0.5, 2, 1.5, 1])[IDS]
    given = weighted("weightedmean", ones, mask)
    same(given[:, 0], (w * [1, 2, 3, 4]).sum(axis=1) / w.sum(axis=1))
    assert given.min() > 2
    same(pool("position_mean", ones, mask=mask, weights=w), ones[:, 0])


@pytest.mark.parametrize("start", [0, 4], ids=["all layers", "from the fourth"])
def test_weighted_layers(start: int) -> None:
    layers, w = RNG.normal(size=(7, 2, 3, 5)), RNG.uniform(size=7 - start)
    theirs = WeightedLayerPooling(5, num_hidden_layers=6, layer_start=start, layer_weights=torch.from_numpy(w))
    given = theirs({"all_layer_embeddings": list(torch.from_numpy(layers))})["token_embeddings"]
    spec = f"layer_mean(weighting=raw, layer_start={start}, scale=false)"
    same(pool(spec, np.moveaxis(layers, 0, 1), {"w": w}), given)


def test_weighted_layers_whose_weights_cancel() -> None:
    """They divide by Σ w, which nothing keeps from 0: inf or NaN. Ours is 0 there; by default it takes a softmax."""
    layers, w = RNG.normal(size=(2, 1, 3, 5)), np.array([1.0, -1.0])
    theirs = WeightedLayerPooling(5, num_hidden_layers=1, layer_start=0, layer_weights=torch.from_numpy(w))
    given = theirs({"all_layer_embeddings": list(torch.from_numpy(layers))})["token_embeddings"]
    assert not torch.isfinite(given).any()
    assert not pool("layer_mean(weighting=raw, scale=false)", np.moveaxis(layers, 0, 1), {"w": w}).any()


@pytest.mark.parametrize("mask", [RIGHT, LEFT], ids=["padded right", "padded left"])
@pytest.mark.parametrize("reduce", ["max", "sum"])
def test_splade(reduce: str, mask: np.ndarray) -> None:
    features = {"token_embeddings": torch.from_numpy(3 * X), "attention_mask": torch.from_numpy(mask.astype(int))}
    given = SpladePooling(reduce)(features)["sentence_embedding"]
    same(pool(f"splade(reduce={reduce})", 3 * X, mask=mask), given)


def test_normalize_is_l2_norm() -> None:
    x = np.concatenate([X, np.zeros((1, 7, 5))])
    pooled = Pooling(5)({"token_embeddings": torch.from_numpy(x)})
    same(kpool.head("mean | l2_norm")(x), Normalize()(pooled)["sentence_embedding"])
