"""y = V / ‖V‖₂,  V_k = U_k / ‖U_k‖₂,  U_k = Σ a_k (x − c_k) for k ≤ K,  a = softmax(wᵀ x + b) over K + G clusters"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.ghostvlad import GhostVLADPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: GhostVLADPooling) -> np.ndarray:
    w, b, c = np.asarray(layer.w), np.asarray(layer.b), np.asarray(layer.c)
    residuals = np.zeros_like(c, "float64")
    for element in x:
        e = np.exp(element @ w + b)
        for k in range(len(c)):
            residuals[k] += e[k] / e.sum() * (element - c[k])
    normal = np.concatenate([each / np.linalg.norm(each) for each in residuals])
    return normal / np.linalg.norm(normal)


@pytest.mark.parametrize("ghosts", [1, 3])
def test_follows_the_formula(ghosts: int) -> None:
    layer = GhostVLADPooling(clusters=3, ghosts=ghosts, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_without_a_share_for_ghosts_it_is_netvlad() -> None:
    x = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")
    ghost, net = kpool.pool("ghostvlad(3)"), kpool.pool("netvlad(3)")
    ghost.build(x.shape)
    net.build(x.shape)
    w, b, c = ghost.get_weights()
    ghost.set_weights([w, np.array([0, 0, 0, -1e3]), c])
    net.set_weights([w[:, :3], b[:3], c])
    np.testing.assert_allclose(ghost(x), net(x), rtol=1e-5, atol=1e-7)


def test_what_goes_to_a_ghost_counts_for_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(1, 9, 4))
    layer = GhostVLADPooling(3, dtype="float64")
    layer.build(x.shape)
    w, b, c = layer.get_weights()
    w[:, 3] = [100, 0, 0, 0]
    layer.set_weights([w, b, c])
    x[..., 0] = -1
    blurred = np.concatenate([x, np.full((1, 2, 4), 50.0)], axis=1)
    np.testing.assert_allclose(layer(blurred), layer(x), rtol=1e-12)
