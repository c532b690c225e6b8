"""Runs: what is joined before it is scattered is what the elements make, in whatever order segments stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from kpool import ops
from kpool.region.runs import MAX, SUM, Join, Runs

NUM, STEPS = 6, 61
rng = np.random.default_rng(0)
X = rng.normal(size=(2, STEPS, 3)).astype("float32")
ANY = rng.integers(0, NUM, (2, STEPS))
RISING = np.sort(ANY)
PADDED = np.arange(STEPS) < [[STEPS], [33]]
ALL = np.ones((2, STEPS), bool)

ORDERS = {
    "one after the other": (RISING, ALL, True),
    "padding behind": (RISING, PADDED, True),
    "some masked": (RISING, rng.random((2, STEPS)) < 0.7, True),
    "none counted": (RISING, ~ALL, True),
    "many within a group": (np.minimum(np.arange(STEPS) // 3, NUM - 1)[None].repeat(2, 0), ALL, True),
    "some without elements": (RISING // 2 * 2, ALL, True),
    "eight masked in the middle": (
        RISING,
        ~((np.arange(STEPS) >= 16) & (np.arange(STEPS) < 24))[None].repeat(2, 0),
        None,
    ),
    "falling": (RISING[:, ::-1], ALL, False),
    "two by turns": (np.arange(STEPS)[None].repeat(2, 0) % 2, ALL, False),
    "any": (ANY, ALL, False),
}


def _expected(join: Join, ids: np.ndarray, counted: np.ndarray) -> np.ndarray:
    reduce = np.sum if join is SUM else np.max
    chosen = [[X[row][counted[row] & (ids[row] == i)] for i in range(NUM)] for row in range(2)]
    return np.array([[reduce(bag, 0, initial=join.nothing) for bag in bags] for bags in chosen])


@pytest.mark.parametrize("join", [SUM, MAX], ids=["sum", "max"])
@pytest.mark.parametrize("order", ORDERS)
def test_what_is_joined(order: str, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, counted, in_order = ORDERS[order]
    said, either = [], ops.either

    def noting(holds: tf.Tensor, *given: Any, **kwargs: Any) -> Any:
        said.append(holds)
        return either(holds, *given, **kwargs)

    @tf.function(jit_compile=True)
    def joined(x: tf.Tensor, ids: tf.Tensor, counted: tf.Tensor) -> Any:
        def of(x: tf.Tensor) -> tf.Tensor:
            return tf.where(counted[..., None], x, join.nothing)

        return Runs(tf.where(counted, ids, 0), counted, NUM).joined(join, of, x), said[0]

    monkeypatch.setattr(ops, "either", noting)
    given, served = joined(tf.constant(X), tf.constant(ids, "int32"), tf.constant(counted))
    expected = _expected(join, ids, counted)
    given = np.where(given < -1e38, -np.inf, given)  # TensorFlow's greatest of none
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5)
    assert in_order is None or bool(served) == in_order
