"""y = γ Σ softmax(w)_l x_l, or γ Σ w_l x_l / Σ w_l"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool_plugins.text.layer_mean import LayerMeanPooling

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, 3, 4))  # (batch, layers, steps, features)
MASK = RNG.random(X.shape[:-1]) < 0.7
MASK[0, :, 0] = False


def formula(x: np.ndarray, layer: LayerMeanPooling) -> np.ndarray:
    w, x = np.asarray(layer.w), x[layer.layer_start :]
    shares = np.exp(w) if layer.weighting == "softmax" else w
    return float(layer.gamma) * (shares @ x) / shares.sum()


def built(shape: tuple[int | None, ...] = X.shape, **arguments: object) -> LayerMeanPooling:
    layer = LayerMeanPooling(**arguments, dtype="float64")
    layer.build(shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(0.5, 2, size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("weighting", [pytest.param("softmax", id="ELMo"), pytest.param("raw", id="ratio")])
@pytest.mark.parametrize("layer_start", [pytest.param(0, id="all"), pytest.param(2, id="the upper ones")])
@pytest.mark.parametrize("scale", [True, False])
def test_follows_the_formula(weighting: str, layer_start: int, scale: bool) -> None:
    layer = built(weighting=weighting, layer_start=layer_start, scale=scale)
    expected = [[formula(X[b, :, t], layer) for t in range(3)] for b in range(2)]
    np.testing.assert_allclose(layer(X), expected, rtol=1e-12)


@pytest.mark.parametrize("weighting", ["softmax", "raw"])
def test_starts_as_the_mean_of_the_layers(weighting: str) -> None:
    layer = LayerMeanPooling(weighting=weighting, dtype="float64")
    np.testing.assert_allclose(layer(X), X.mean(axis=1), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("layer_start", [0, 2])
def test_a_weight_stays_with_its_layer_where_others_do_not_count(layer_start: int) -> None:
    layer = built(layer_start=layer_start)
    y = np.asarray(layer(np.where(MASK[..., None], X, np.nan), mask=MASK))
    shares = np.where(np.arange(5) < layer_start, 0, np.exp(np.pad(np.asarray(layer.w), (layer_start, 0))))
    shares = shares[None, :, None, None] * MASK[..., None]
    total = shares.sum(axis=1)
    expected = float(layer.gamma) * (shares * X).sum(axis=1) / np.where(total > 0, total, 1)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-15)


def test_layers_may_stand_on_another_axis() -> None:
    layer, other = built(), built((2, 3, 5, 4), over="axis(2)")
    np.testing.assert_allclose(other(np.swapaxes(X, 1, 2)), layer(X), rtol=1e-12)


def test_channels_first() -> None:
    layer, other = built(), built((2, 4, 5, 3), data_format="channels_first")
    np.testing.assert_allclose(np.moveaxis(other(np.moveaxis(X, -1, 1)), 1, -1), layer(X), rtol=1e-12)


def test_a_head_pools_the_steps_behind_it() -> None:
    y = kpool.head("layer_mean | mean")(X.astype("float32"))
    np.testing.assert_allclose(y, X.mean(axis=(1, 2)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "shape", "error", "message"),
    [
        pytest.param(
            "layer_mean", (None, None, 3, 4), kpool.KpoolError, r"axis\(index=1\) of .* must be known", id="unknown"
        ),
        pytest.param("layer_mean(layer_start=5)", X.shape, kpool.SpecError, "leaves none of 5 layers", id="none left"),
    ],
)
def test_errors(spec: str, shape: tuple, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        kpool.pool(spec).build(shape)


@pytest.mark.parametrize("first", [pytest.param(True, id="channels first"), pytest.param(False, id="last")])
def test_another_number_of_layers_is_refused(first: bool) -> None:
    x, fewer = (np.moveaxis(x, -1, 1) if first else x for x in (X, X[:, 1:]))
    layer = built(x.shape, data_format="channels_first" if first else "channels_last")
    message = r"layer_mean was built for 5 layers; axis\(index=1\) of the input .* has 4"
    with pytest.raises(kpool.SpecError, match=message):
        layer(fewer)
    with pytest.raises(kpool.SpecError, match=message):
        layer(keras.Input(fewer.shape[1:]))


def test_is_for_an_axis_only() -> None:
    with pytest.raises(kpool.SpecError, match="layer_mean pools over axis only"):
        kpool.pool("layer_mean(over=window(2))")
