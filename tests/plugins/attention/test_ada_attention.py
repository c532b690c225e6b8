"""y = W_o Σ softmax((W_q s)ᵀ W_k x / √d) W_v x, plus s with skip;  s is the query"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.ada_attention import AdaAttentionPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: AdaAttentionPooling) -> np.ndarray:
    place = {"first": 0, "last": -1}.get(layer.query, layer.query)
    s = bag.mean(axis=0) if place == "mean" else bag[min(place, len(bag) - 1)]
    q, k, v = s @ np.asarray(layer.W_q), bag @ np.asarray(layer.W_k), bag @ np.asarray(layer.W_v)
    heads = []
    for part in np.split(np.arange(bag.shape[1]), layer.heads):
        e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
        heads.append(e @ v[:, part] / e.sum())
    return np.concatenate(heads) @ np.asarray(layer.W_o) + (s if layer.skip else 0)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("mean", id="the mean"),
        pytest.param("first", id="the first, behind any padding"),
        pytest.param("last", id="the last, before any padding"),
        pytest.param(0, id="by place"),
        pytest.param(2, id="by place, over gaps; the last of a shorter bag"),
    ],
)
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("heads", [1, 2])
def test_follows_the_formula(query: str | int, skip: bool, heads: int) -> None:
    layer = AdaAttentionPooling(query, heads, skip, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_place_0_is_the_first() -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 4))
    first, place = (AdaAttentionPooling(query, heads=2) for query in ("first", 0))
    first.build(x.shape)
    place.build(x.shape)
    place.set_weights(first.get_weights())
    np.testing.assert_array_equal(place(x), first(x))


def test_may_start_as_the_mean() -> None:
    layer = AdaAttentionPooling("first", heads=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: bag.mean(axis=0))


@pytest.mark.parametrize("query", ["middle", -1])
def test_a_query_is_a_word_or_a_place(query: str | int) -> None:
    with pytest.raises(SpecError, match="ada_attention: query"):
        AdaAttentionPooling(query)
