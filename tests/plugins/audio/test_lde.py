"""y_c = Σ_t w_tc (x_t − μ_c) / n,  w_tc = softmax over c of −s_c ‖x_t − μ_c‖² / features"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.audio.lde import LDEPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: LDEPooling) -> np.ndarray:
    μ, s = np.asarray(layer.μ, "float64"), np.asarray(layer.s, "float64")
    sums, weights = np.zeros_like(μ), np.zeros((len(μ), 1))
    for element in x:
        scores = -s * np.sum((element - μ) ** 2, axis=1) / (x.shape[1] if layer.mean_distance else 1)
        w = np.exp(scores - scores.max())
        w = (w / w.sum())[:, None]
        sums += w * (element - μ)
        weights += w
    return (sums / (weights if layer.average == "weights" else len(x))).ravel()


@pytest.mark.parametrize("average", ["steps", "weights"])
@pytest.mark.parametrize("mean_distance", [pytest.param(True, id="default"), pytest.param(False, id="paper")])
def test_follows_the_formula(average: str, mean_distance: bool) -> None:
    layer = LDEPooling(components=5, average=average, mean_distance=mean_distance, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=(5, 4)), rng.uniform(0.5, 2, size=5)])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_the_nearest_component_weighs_most() -> None:
    """With the sign wrong, as it is widely copied, the farthest would take all."""
    layer = LDEPooling(components=2, mean_distance=False, dtype="float64")
    layer.build((None, None, 1))
    layer.μ.assign([[0.0], [10.0]])
    np.testing.assert_allclose(layer(np.array([[[1.0], [2.0]]])), [[1.5, 0.0]], atol=1e-12)


def test_what_is_common_to_all_takes_no_digits() -> None:
    x, layer, moved = np.random.default_rng(0).normal(size=(1, 9, 4)), LDEPooling(8), LDEPooling(8)
    x = np.round(x * 64) / 64  # 2¹² + x is exact
    for each in (layer, moved):
        each.build((None, None, 4))
    layer.μ.assign(np.round(np.asarray(layer.μ) * 64) / 64)
    moved.μ.assign(np.asarray(layer.μ) + 4096)
    np.testing.assert_allclose(moved((x + 4096).astype("float32")), layer(x.astype("float32")), atol=1e-5)


def test_a_component_near_0_keeps_its_digits() -> None:
    """Were the dictionary's mean, about 1/2, taken out of both, 1e-5 would keep three of its digits."""
    x, layer = 1e-5 * np.random.default_rng(0).normal(size=(1, 9, 2)).astype("float32"), LDEPooling(2)
    layer.build((None, None, 2))
    layer.μ.assign([[1e-5, -1e-5], [1.0, 1.0]])
    np.testing.assert_allclose(layer(x)[0], oracle(x[0].astype("float64"), layer), rtol=2e-6)
