"""y = V / ‖V‖₂,  V_k = U_k / ‖U_k‖₂,  U_k = Σ a_k (x − c_k),  a = softmax(wᵀ x + b)"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool_plugins.vision.netvlad import NetVLADPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: NetVLADPooling) -> np.ndarray:
    w, b, c = np.asarray(layer.w), np.asarray(layer.b), np.asarray(layer.c)
    residuals = np.zeros_like(c, "float64")
    for element in x:
        e = np.exp(element @ w + b)
        for k, share in enumerate(e / e.sum()):
            residuals[k] += share * (element - c[k])
    normal = np.concatenate([each / np.linalg.norm(each) for each in residuals])
    return normal / np.linalg.norm(normal)


@pytest.mark.parametrize("clusters", [2, 5])
def test_follows_the_formula(clusters: int) -> None:
    layer = NetVLADPooling(clusters, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_no_tensor_has_elements_clusters_and_features() -> None:
    import tensorflow as tf

    layer = NetVLADPooling(16)
    layer.build((None, None, 32))
    steps = 1024
    graph = tf.function(lambda x: layer(x)).get_concrete_function(tf.TensorSpec((1, steps, 32))).graph
    shapes = [output.shape for op in graph.get_operations() for output in op.outputs if output.shape.rank is not None]
    largest = max(np.prod(shape.as_list() or [1]) for shape in shapes if None not in shape.as_list())
    assert largest == steps * 32  # the input; residuals of elements would have 16 times as many numbers


def _blobs(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    centres = np.array([[4.0, 0, 0], [0, 4, 0], [0, 0, 4]])
    noise = np.random.default_rng(0).normal(scale=0.1, size=(3, n, 3))
    return centres, centres[:, None] + noise


def test_adapts_to_data() -> None:
    pytest.importorskip("sklearn")
    centres, x = _blobs()
    layer = NetVLADPooling(3, dtype="float64")
    layer.adapt(
        np.concatenate([x, np.full_like(x, np.nan)]), mask=np.repeat([True, False], 3)[:, None] & (x[0, :, 0] > 0)
    )
    c, scores = np.asarray(layer.c), x.reshape(-1, 3) @ np.asarray(layer.w) + np.asarray(layer.b)
    np.testing.assert_allclose(c[np.argsort(np.argmax(c, axis=1))], centres, atol=0.1)
    nearest = np.sum((x.reshape(-1, 1, 3) - c) ** 2, axis=-1)
    np.testing.assert_array_equal(np.argmax(scores, axis=1), np.argmin(nearest, axis=1))
    top = np.sort(scores, axis=1)
    assert np.mean(top[:, -1] - top[:, -2]) == pytest.approx(np.log(100))


def test_clusters_need_as_many_elements() -> None:
    with pytest.raises(KpoolError, match="netvlad: 3 elements are too few for 4 clusters"):
        NetVLADPooling(4).adapt(np.zeros((3, 2)))


def test_says_where_k_means_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(KpoolError, match=r"kpool\[lab\]"):
        NetVLADPooling(2).adapt(np.zeros((3, 2)))
