"""y = W_o (Σ softmax(qᵀ W_k z / √d) W_v z + b_v) + b_o over z = x̄ + P₀ and z_i = x_i + P_i,  q = W_q (x̄ + P₀) + b_q"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.attention.clip_attention import ClipAttentionPooling

from ..rows import assert_follows


def kernel(t: float, resample: str) -> float:
    t = abs(t)
    if resample == "bilinear":
        return max(1 - t, 0)
    return 1 - 2.5 * t**2 + 1.5 * t**3 if t < 1 else 2 - 4 * t + 2.5 * t**2 - 0.5 * t**3 if t < 2 else 0


def resampled(table: np.ndarray, positions: int, resample: str) -> np.ndarray:
    """(length, …) -> (positions, …), with the kernel made wider where there are fewer positions."""
    length, answers = len(table), []
    for i in range(positions):
        at = (i + 0.5) * length / positions - 0.5
        shares = np.array([kernel((at - j) / max(length / positions, 1), resample) for j in range(length)])
        answers.append(np.tensordot(shares / shares.sum(), table, 1))
    return np.array(answers)


def attended(bag: np.ndarray, places: np.ndarray, layer: ClipAttentionPooling) -> np.ndarray:
    of = {weight.name: np.asarray(weight, "float64") for weight in layer.weights}
    z = np.stack([bag.mean(axis=0) + of["P"][0], *(bag + places)])
    q, k, v = z[0] @ of["W_q"] + of["b_q"], z @ of["W_k"], z @ of["W_v"] + of["b_v"]
    heads = []
    for part in np.split(np.arange(bag.shape[1]), layer.heads):
        e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
        heads.append(e @ v[:, part] / e.sum())
    return np.concatenate(heads) @ of["W_o"] + of["b_o"]


def oracle(bag: np.ndarray, layer: ClipAttentionPooling) -> np.ndarray:
    return attended(bag, resampled(np.asarray(layer.P)[1:], len(bag), layer.resample), layer)


def drawn(rank: int, **arguments: object) -> ClipAttentionPooling:
    layer = ClipAttentionPooling(**arguments, dtype="float64")
    layer.build((None,) * (rank - 1) + (4,))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("grid", [pytest.param(3, id="more positions"), pytest.param(20, id="fewer, smoothed")])
@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
@pytest.mark.parametrize("units", [None, 3])
def test_follows_the_formula(grid: int, resample: str, units: int | None) -> None:
    layer = drawn(3, grid=grid, heads=2, resample=resample, units=units)
    assert_follows(layer, lambda bag: oracle(bag, layer))


@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
def test_a_map_in_a_corner_of_a_padded_one(resample: str) -> None:
    layer, x = drawn(4, grid=[3, 4], heads=2, resample=resample), np.random.default_rng(0).normal(size=(5, 2, 4))
    grid = np.moveaxis(resampled(np.asarray(layer.P)[1:].reshape(3, 4, 4), 5, resample), 1, 0)
    places = np.moveaxis(resampled(grid, 2, resample), 1, 0)
    padded, mask = np.full((1, 7, 6, 4), np.nan), np.zeros((1, 7, 6), bool)
    padded[:, 2:, 1:3], mask[:, 2:, 1:3] = x, True
    expected = attended(x.reshape(10, 4), places.reshape(10, 4), layer)
    np.testing.assert_allclose(layer(padded, mask=mask)[0], expected, rtol=1e-12)
    np.testing.assert_allclose(layer(x[None])[0], expected, rtol=1e-12)


def test_its_own_grid_is_not_resampled() -> None:
    table = np.random.default_rng(0).normal(size=(1, 5, 3))
    np.testing.assert_array_equal(kpool.ops.resample(table, np.ones((1, 5)), "bicubic"), table)


def test_may_start_as_the_mean() -> None:
    layer = ClipAttentionPooling(heads=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: bag.mean(axis=0))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            {"grid": [7, 7], "heads": 2}, "grid=.* for an input with 1 position axes", id="a map's grid for a sequence"
        ),
        pytest.param({"heads": 3}, "4 features do not divide into 3 equal parts", id="heads"),
        pytest.param({"units": 3, "initial": "mean"}, "leave out units=3", id="a mean of another width"),
        pytest.param({"over": "window(2)"}, "everything only", id="the positions of a window"),
    ],
)
def test_refuses(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        ClipAttentionPooling(**arguments).build((None, None, 4))
