"""y = ρ(Σ φ(x))"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.sets.deep_sets import DeepSetsPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: DeepSetsPooling) -> np.ndarray:
    active = {"relu": lambda y: np.maximum(y, 0), "tanh": np.tanh}[layer.activation]

    def dense(network: str, i: int, y: np.ndarray) -> np.ndarray:
        w, b = (np.asarray(getattr(layer, f"{letter}_{network}_{i}")) for letter in "Wb")
        return y @ w + b

    total = np.zeros(layer.phi[-1])
    for element in x:
        for i in range(len(layer.phi)):
            element = active(dense("phi", i, element))
        total += element
    y = total if layer.reduce == "sum" else total / len(x)
    for i in range(len(layer.rho)):
        y = dense("rho", i, y if i == 0 else active(y))
    return y


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="as it comes"),
        pytest.param({"phi": [5], "rho": [3]}, id="ρ is linear"),
        pytest.param({"phi": [5, 6], "rho": [7, 3], "activation": "tanh"}, id="two layers each"),
        pytest.param({"phi": [5], "rho": [7, 3], "reduce": "mean"}, id="of the mean"),
    ],
)
def test_follows_the_formula(arguments: dict) -> None:
    layer = DeepSetsPooling(**arguments, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_the_last_layer_sets_the_width() -> None:
    assert DeepSetsPooling(phi=[5], rho=[7, 3]).compute_output_shape((None, 9, 4)) == (None, 3)


def test_phi_has_a_layer() -> None:
    with pytest.raises(kpool.SpecError, match="deep_sets: phi must be"):
        kpool.pool("deep_sets(phi=[])")


def test_padding_has_no_bias() -> None:
    """φ(0) is not 0: what does not count must be left out behind φ."""
    x, mask = bags()
    layer = DeepSetsPooling(phi=[5], dtype="float64")
    layer.build(x.shape)
    layer.b_phi_0.assign(np.ones(5))
    np.testing.assert_allclose(layer(x, mask=mask)[1], layer(x[1:2, :6])[0], rtol=1e-12)
