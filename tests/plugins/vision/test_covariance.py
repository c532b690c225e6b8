"""y = triu(√(tr Σ) Y),  Y ≈ (Σ / tr Σ)^(1/2) by Newton–Schulz iterations,  Σ = Σ_t (x − μ)(x − μ)ᵀ / n"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.covariance import CovariancePooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: CovariancePooling) -> np.ndarray:
    root = _root(np.cov(x.T, ddof=0), layer)
    return np.concatenate([row[i:] for i, row in enumerate(root)])


def _root(covariance: np.ndarray, layer: CovariancePooling) -> np.ndarray:
    eye = np.eye(len(covariance))
    covariance = covariance + layer.ridge * np.mean(np.diag(covariance)) * eye
    trace = np.trace(covariance)
    if trace == 0:
        return covariance
    y, z = covariance / trace, eye
    for _ in range(layer.iterations):
        y, z = y @ (3 * eye - z @ y) / 2, (3 * eye - z @ y) @ z / 2
    return np.sqrt(trace) * y


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="the paper's 5"),
        pytest.param({"iterations": 1}, id="one"),
        pytest.param({"ridge": 0.1}, id="ridge"),
    ],
)
def test_follows_the_formula(arguments: dict[str, float]) -> None:
    layer = CovariancePooling(dtype="float64", **arguments)
    assert_follows(layer, lambda x: oracle(x, layer))


@pytest.mark.parametrize(
    ("iterations", "error"),
    [pytest.param(3, 0.2, id="3"), pytest.param(5, 0.01, id="5"), pytest.param(12, 1e-9, id="12")],
)
def test_comes_near_to_the_root(iterations: int, error: float) -> None:
    x = np.random.default_rng(0).normal(size=(49, 8))
    root = np.zeros((8, 8))
    root[np.triu_indices(8)] = CovariancePooling(iterations, dtype="float64")(x[None])[0]
    root = root + np.triu(root, 1).T
    covariance = np.cov(x.T, ddof=0)
    assert np.linalg.norm(root @ root - covariance) < 1.2 * error * np.linalg.norm(covariance)


def test_a_map_without_spread_gives_0() -> None:
    """Where the authors' code divides by the trace, 0."""
    np.testing.assert_array_equal(kpool.pool("covariance")(np.full((2, 7, 3), 0.7, "float32")), np.zeros((2, 6)))
