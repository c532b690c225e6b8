"""Mix: a learned convex mixture."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool import SpecError

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
BRANCHES = ("mean", "max", "min")


def answers() -> np.ndarray:
    return np.stack([kpool.pool(branch)(X) for branch in BRANCHES])


def test_starts_as_the_average() -> None:
    np.testing.assert_allclose(kpool.pool("mix(mean, max, min)")(X), answers().mean(axis=0), rtol=1e-6, atol=1e-7)


def test_convex_sum() -> None:
    layer = kpool.pool("mix(mean, max, min)")
    layer.build(X.shape)
    layer.shares.assign([0.5, -1.0, 2.0])
    shares = np.exp([0.5, -1.0, 2.0]) / np.exp([0.5, -1.0, 2.0]).sum()
    np.testing.assert_allclose(layer(X), np.tensordot(shares, answers(), 1), rtol=1e-6, atol=1e-6)
    layer.shares.assign([0, 50, 0])
    np.testing.assert_allclose(layer(X), answers()[1], rtol=1e-6)


def test_learns_which_branch_is_right() -> None:
    model = keras.Sequential([keras.Input((6, 4)), kpool.pool("mix(mean, max, min)")])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(X, answers()[2], epochs=60, verbose=0)
    (shares,) = model.get_weights()
    assert shares.argmax() == 2


def test_half_precision_keeps_float32_shares() -> None:
    layer = type(kpool.pool("mix(mean, max)"))("mean", "max", dtype="float16")
    assert layer(X).dtype == "float16"
    assert layer.shares.dtype == "float32"


def test_refuses_other_widths() -> None:
    with pytest.raises(SpecError, match=r"mix cannot join .*: mean gives \(3, 4\), stats gives \(3, 8\)"):
        kpool.pool("mix(mean, stats)")(X)
