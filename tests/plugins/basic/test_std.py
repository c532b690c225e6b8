"""y = √(Σ (x − μ)² / (n − ddof) + ε), with ε and ddof as a convention has them"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.std import StdPooling

from ..rows import assert_follows

# Each as its authors' code has it, but for the variance by E[x²] − E[x]² and NaN of one element
CONVENTIONS = {
    "population": lambda squares, n: np.sqrt(squares / n),
    "kaldi": lambda squares, n: np.sqrt(np.maximum(squares / n, 1e-10)),
    "speechbrain": lambda squares, n: np.sqrt(squares / max(n - 1, 1)) + 1e-5,
    "pyannote": lambda squares, n: np.sqrt(squares / max(n - n / n, 1)),
    "ecapa": lambda squares, n: np.sqrt(np.maximum(squares / n, 1e-12)),
}


def oracle(bag: np.ndarray, layer: StdPooling) -> np.ndarray:
    squares = np.sum((bag - np.mean(bag, axis=0)) ** 2, axis=0)
    return CONVENTIONS[layer.arguments["convention"]](squares, len(bag))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_follows_the_formula(convention: Any) -> None:
    layer = StdPooling(convention=convention, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"ddof": 1}, np.sqrt(32 / 4), id="sample"),
        pytest.param({"ddof": 1, "epsilon": 1.0}, np.sqrt(32 / 4 + 1), id="inside the root"),
        pytest.param({"convention": "kaldi", "epsilon": 9.0}, 3, id="a floor"),
        pytest.param({"convention": "kaldi", "ddof": 1, "epsilon": 1.0}, np.sqrt(32 / 4), id="above the floor"),
        pytest.param({"convention": "speechbrain", "epsilon": 1.0}, np.sqrt(32 / 4) + 1, id="after the root"),
        pytest.param({"convention": "speechbrain", "ddof": 0}, np.sqrt(32 / 5) + 1e-5, id="its own ε, another ddof"),
    ],
)
def test_arguments_replace_the_convention_s_own(arguments: dict[str, Any], expected: float) -> None:
    x = np.array([1, 2, 3, 6, 8])[None, :, None]
    x = x - x.mean()
    x = x * np.sqrt(32 / np.sum(x**2))
    np.testing.assert_allclose(StdPooling(dtype="float64", **arguments)(x), [[expected]], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"ddof": 1}, 0, id="sample"),
        pytest.param({"convention": "pyannote"}, 0, id="pyannote: NaN once"),
        pytest.param({"convention": "speechbrain"}, 1e-5, id="speechbrain: its ε"),
    ],
)
def test_one_element_has_no_spread(arguments: dict[str, Any], expected: float) -> None:
    x = np.full((1, 1, 2), 3.3, "float32")
    for w in (None, np.full((1, 1), 0.3, "float32")):
        np.testing.assert_array_equal(StdPooling(**arguments)(x, weights=w), np.full((1, 2), expected, "float32"))


def test_weights_may_be_reliabilities() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 9, 4)), rng.random((3, 9))
    layer = StdPooling(convention="pyannote", dtype="float64")
    mean = np.einsum("btf,bt->bf", x, w) / w.sum(1)[:, None]
    squares = np.einsum("btf,bt->bf", (x - mean[:, None]) ** 2, w)
    expected = np.sqrt(squares / (w.sum(1) - (w**2).sum(1) / w.sum(1))[:, None])
    np.testing.assert_allclose(layer(x, weights=w), expected, rtol=1e-12)
    np.testing.assert_allclose(layer(x, weights=7 * w), expected, rtol=1e-12, err_msg="only their ratio says something")


@pytest.mark.parametrize(
    "x",
    [
        pytest.param([10000.1, 10000.2, 10000.3], id="E[x²] − E[x]² cancels to nothing"),
        pytest.param([1e15, 2e15, 4e15], id="squares are large"),
        pytest.param([1 + 2**-20, 1, 1, 1], id="hardly any spread"),
    ],
)
def test_is_exact_where_squares_cancel(x: list[float]) -> None:
    x32 = np.array(x, "float32")[None, :, None]
    np.testing.assert_allclose(StdPooling()(x32)[0], oracle(x32[0].astype("float64"), StdPooling()), rtol=3e-7)


@pytest.mark.parametrize("n", [1, 3, 49, 1000])
def test_of_a_constant_is_nothing(n: int) -> None:
    """The mean of n times 10000.1 is one float off for many n; the deviation must not be that float."""
    assert np.all(StdPooling()(np.full((1, n, 1), 10000.1, "float32")) <= 1e-6)


def test_ddof_is_0_or_1() -> None:
    with pytest.raises(SpecError, match=r"std: ddof must be int in \[0, 1\].*, not 2"):
        StdPooling(ddof=2)


def test_ddof_is_not_for_reliabilities() -> None:
    with pytest.raises(SpecError, match="std: pyannote divides by n − Σ w² / n and takes no ddof"):
        StdPooling(1, convention="pyannote")


def test_convention_is_a_known_one() -> None:
    with pytest.raises(SpecError, match=r"std: convention must be .*did you mean kaldi"):
        StdPooling(convention="kaldy")
