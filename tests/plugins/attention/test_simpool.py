"""y = (Σ softmax(qᵀ W_k z / √d) (z − m)^γ)^(1/γ),  z = LN(x),  q = W_q Σ x / n,  m = min z"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.simpool import SimPoolPooling

from ..rows import assert_follows


def normalised(bag: np.ndarray, layer: SimPoolPooling) -> np.ndarray:
    rows = [(x - x.mean()) / np.sqrt(x.var() + 1e-6) for x in bag]
    return np.array(rows) * np.asarray(layer.scale) + np.asarray(layer.offset)


def oracle(bag: np.ndarray, layer: SimPoolPooling) -> np.ndarray:
    z = normalised(bag, layer)
    q, k, v, gamma = bag.mean(axis=0) @ np.asarray(layer.W_q), z @ np.asarray(layer.W_k), z, layer.gamma or 1
    if layer.gamma is not None:
        v = z - (z.min() if layer.minimum == "bag" else z.min(axis=0))
    answers = []
    for part in np.split(np.arange(bag.shape[1]), layer.heads):
        e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
        answers.append(np.sum(e[:, None] * v[:, part] ** gamma, axis=0) / e.sum())
    return np.concatenate(answers) ** (1 / gamma) if layer.gamma is not None else np.concatenate(answers)


def drawn(**arguments: object) -> SimPoolPooling:
    layer = SimPoolPooling(**arguments, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize(
    "gamma",
    [
        pytest.param(2.0, id="convolutional"),
        pytest.param(1.25, id="transformer"),
        pytest.param(8.0, id="towards the maximum"),
        pytest.param(None, id="z as it is"),
    ],
)
@pytest.mark.parametrize("minimum", [pytest.param("bag", id="paper"), pytest.param("channel", id="timm")])
def test_follows_the_formula(heads: int, gamma: float | None, minimum: str) -> None:
    layer = drawn(heads=heads, gamma=gamma, minimum=minimum)
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_may_start_with_equal_weights() -> None:
    layer = SimPoolPooling(gamma=None, initial="mean", dtype="float64")
    layer.build((None, None, 4))
    assert_follows(layer, lambda bag: normalised(bag, layer).mean(axis=0))


def test_the_least_value_is_not_the_batch_s() -> None:
    """In the paper's code an example with lower values changes the answers beside it."""
    layer, x = drawn(), np.random.default_rng(0).normal(size=(2, 5, 4))
    beside = np.stack([x[0], [[-99, 0, 0, 0]] * 5])
    np.testing.assert_array_equal(layer(x)[0], layer(beside)[0])


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="simpool: 4 features do not divide into 3 equal parts"):
        SimPoolPooling(heads=3).build((None, None, 4))
