"""y_c = w_cᵀ Σ a_c x + b_c,  a_c = softmax(v_cᵀ (tanh(V x) ⊙ σ(U x)))"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool_plugins.instances.clam import CLAMPooling

from ..rows import assert_follows, bags


def scores(x: np.ndarray, layer: CLAMPooling) -> np.ndarray:
    v, u, w = (np.asarray(each, "float64") for each in (layer.V, layer.U, layer.v))
    return (np.tanh(x @ v) / (1 + np.exp(-x @ u))) @ w * np.ones(layer.classes)


def oracle(x: np.ndarray, layer: CLAMPooling) -> np.ndarray:
    e = np.exp(scores(x, layer))
    slides = [np.average(x, axis=0, weights=e[:, c]) for c in range(layer.classes)]
    return np.array([slide @ np.asarray(layer.W)[:, c] for c, slide in enumerate(slides)]) + np.asarray(layer.b)


def drawn(**arguments: object) -> CLAMPooling:
    layer = CLAMPooling(classes=3, units=5, dtype="float64", **arguments)
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("branches", [pytest.param("multi", id="MB"), pytest.param("single", id="SB")])
def test_follows_the_formula(branches: str) -> None:
    layer = drawn(branches=branches)
    assert_follows(layer, lambda x: oracle(x, layer))


def clustering(x: np.ndarray, labels: np.ndarray, layer: CLAMPooling, exclusive: bool) -> float:
    """One bag's instance loss, class by class as the reference code takes it."""
    losses = []
    for c, inside in enumerate(labels):
        falling = np.argsort(-scores(x, layer)[:, c])
        logits = x @ np.asarray(layer.W_inst)[:, c] + np.asarray(layer.b_inst)[c]
        top, bottom = logits[falling[: layer.k]], logits[falling[::-1][: layer.k]]
        if inside:
            losses.append(np.mean(np.log1p(np.exp(np.concatenate([-top, bottom])))))
        elif exclusive:
            losses.append(np.mean(np.log1p(np.exp(top))))
    return np.sum(losses) / (len(labels) if exclusive else 1)


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("branches", ["multi", "single"])
def test_the_instance_loss_follows_the_paper(branches: str, exclusive: bool) -> None:
    layer, (x, mask) = drawn(branches=branches, instances=True, k=2), bags()
    labels = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    each = [clustering(row[m], y, layer, exclusive) for row, m, y in zip(x, mask, labels, strict=True) if m.any()]
    given = layer.instance_loss(x, labels, mask, exclusive=exclusive)
    np.testing.assert_allclose(given, np.sum(each) / 6, rtol=1e-12)


def test_the_instance_loss_trains_what_finds_instances() -> None:
    import tensorflow as tf

    layer, (x, mask) = drawn(instances=True, k=20), bags()
    with tf.GradientTape() as tape:
        loss = layer.instance_loss(x, np.eye(3)[[0, 1, 2, 0, 1, 2]], mask)
    gradients = tape.gradient(loss, [layer.W_inst.value, layer.b_inst.value])
    assert all(np.isfinite(g).all() and np.any(g) for g in gradients)


@pytest.mark.parametrize("arguments", [{}, {"instances": True, "over": "window(2)"}], ids=["not asked for", "window"])
def test_the_instance_loss_is_of_whole_bags_that_have_it(arguments: dict[str, object]) -> None:
    with pytest.raises(KpoolError, match="clam: instance_loss is for instances=true, over everything"):
        drawn(**arguments).instance_loss(*bags())
