"""Fully connected layers, an activation behind each."""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.stages.mlp import mlp

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


@pytest.mark.parametrize(
    ("units", "residual"),
    [
        pytest.param(5, False, id="one layer, as a number"),
        pytest.param([5, 2], False, id="two"),
        pytest.param([5, 4], True, id="residual"),
    ],
)
def test_follows_the_formula(units: int | list[int], residual: bool) -> None:
    layer = mlp(units, activation="tanh", residual=residual)
    y, x = layer(X), X
    for kernel, bias in zip(layer.get_weights()[::2], layer.get_weights()[1::2], strict=True):
        x = np.tanh(x @ kernel + bias)
    np.testing.assert_allclose(y, x + X if residual else x, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 7, 4)) == (None, 7, x.shape[-1])


def test_layers_have_fixed_names() -> None:
    layer = mlp([5, 2], name="mlp")
    layer.build(X.shape)
    paths = [f"mlp/dense_{i}/{name}" for i in range(2) for name in ("kernel", "bias")]
    assert [w.path for w in layer.weights] == paths


def test_a_residual_must_fit() -> None:
    with pytest.raises(kpool.SpecError, match="its input of width 4 to an answer of width 5; end units with 4"):
        mlp(5, residual=True)(X)


@pytest.mark.parametrize("units", [pytest.param("[]", id="no layer"), pytest.param("[3, 0]", id="an empty layer")])
def test_layers_have_units(units: str) -> None:
    with pytest.raises(kpool.SpecError, match="mlp: units must be"):
        kpool.head(f"mean | mlp({units})")
