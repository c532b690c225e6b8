"""y_q = Σ softmax(qᵀ k / √d) · v"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.dot_attention import DotAttentionPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: DotAttentionPooling) -> np.ndarray:
    k, v = (x @ layer.W_k.numpy(), x @ layer.W_v.numpy()) if layer.projections else (x, x)
    shares = np.split(v, layer.queries, axis=1) if layer.values == "split" else [v] * layer.queries
    answers = []
    for q, share in zip(layer.q.numpy().T, shares, strict=True):
        e = np.exp(k @ q / np.sqrt(x.shape[1]))
        answers.append(e @ share / np.sum(e))
    return np.concatenate(answers)


@pytest.mark.parametrize("queries", [1, 2])
@pytest.mark.parametrize("projections", [pytest.param(False, id="x itself"), pytest.param(True, id="W_k, W_v")])
@pytest.mark.parametrize("values", ["all", "split"])
def test_follows_the_formula(queries: int, projections: bool, values: str) -> None:
    layer = DotAttentionPooling(queries, projections=projections, values=values, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_may_start_as_the_mean() -> None:
    layer = DotAttentionPooling(queries=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda x: np.tile(x.mean(axis=0), 2))


@pytest.mark.parametrize(("values", "width"), [("all", 12), ("split", 6)])
def test_width(values: str, width: int) -> None:
    layer = DotAttentionPooling(queries=2, values=values)
    assert layer.compute_output_shape((None, None, 6)) == (None, width)


def test_features_divide_by_the_queries_that_split_them() -> None:
    with pytest.raises(SpecError, match="dot_attention: 4 features do not divide into 3 equal parts"):
        DotAttentionPooling(3, values="split").build((None, None, 4))
    DotAttentionPooling(3, values="all").build((None, None, 4))
