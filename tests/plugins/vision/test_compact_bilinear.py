"""y = z / ‖z‖₂,  z = sgn(φ) √|φ|,  φ = Σ FFT⁻¹(FFT(Ψ₁ x) ∘ FFT(Ψ₂ x)), Ψ a count sketch"""

from __future__ import annotations

import numpy as np

import kpool
from kpool_plugins.vision.compact_bilinear import CompactBilinearPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: CompactBilinearPooling) -> np.ndarray:
    sketch = _sketch(x, layer)
    rooted = np.sign(sketch) * np.sqrt(np.abs(sketch))
    return rooted / max(np.linalg.norm(rooted), 1e-300)


def _sketch(x: np.ndarray, layer: CompactBilinearPooling) -> np.ndarray:
    h, s = np.asarray(layer.h), np.asarray(layer.s, "float64")
    sketch = np.zeros(layer.width)
    for i in range(x.shape[1]):
        for j in range(x.shape[1]):
            sketch[(h[0, i] + h[1, j]) % layer.width] += s[0, i] * s[1, j] * np.sum(x[:, i] * x[:, j])
    return sketch


def test_follows_the_formula() -> None:
    layer = CompactBilinearPooling(width=10, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_is_the_tensor_sketch_of_the_paper() -> None:
    """Sketches of both factors, convolved by FFT element by element."""
    x, layer = np.random.default_rng(0).normal(size=(9, 4)), CompactBilinearPooling(width=64)
    layer.build((None, None, 4))
    h, s = np.asarray(layer.h), np.asarray(layer.s, "float64")
    factors = np.zeros((2, 9, 64))
    for f in range(2):
        for i in range(4):
            factors[f, :, h[f, i]] += s[f, i] * x[:, i]
    convolved = np.fft.ifft(np.prod(np.fft.fft(factors), axis=0)).real.sum(axis=0)
    np.testing.assert_allclose(_sketch(x, layer), convolved, atol=1e-13)


def test_products_are_those_of_the_gram_matrix_on_average() -> None:
    """E⟨φ(a), φ(b)⟩ = ⟨a, b⟩², over seeds."""
    a, b = np.random.default_rng(1).normal(size=(2, 1, 6))
    products = []
    for seed in range(2000):
        layer = CompactBilinearPooling(width=16)
        rng = np.random.default_rng(seed)
        layer.h, layer.s = rng.integers(16, size=(2, 6)), rng.choice([-1.0, 1.0], size=(2, 6))
        products.append(_sketch(a, layer) @ _sketch(b, layer))
    error = np.std(products) / np.sqrt(len(products))
    assert abs(np.mean(products) - np.sum(a * b) ** 2) < 4 * error


def test_the_seed_makes_the_hashes() -> None:
    x, mask = bags()
    first, same, other = (kpool.pool(f"compact_bilinear(32, seed={seed})")(x, mask=mask) for seed in (0, 0, 1))
    np.testing.assert_array_equal(same, first)
    assert not np.allclose(same, other)
