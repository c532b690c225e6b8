"""MaxOf: the largest of the branches' answers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool import SpecError

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")


def test_largest_of_the_branches() -> None:
    branches = ("mean", "min | dense(4)", "gem | l2_norm")
    layer = kpool.pool(f"max_of({', '.join(branches)})")
    y = layer(X)
    answers = [np.asarray(branch(X)) for branch in layer.branches.values()]
    np.testing.assert_array_equal(y, np.max(answers, axis=0))


def test_with_what_is_never_larger_it_changes_nothing() -> None:
    np.testing.assert_array_equal(kpool.pool("max_of(max, mean, min)")(X), kpool.pool("max")(X))


@pytest.mark.parametrize("x", [X, keras.Input((6, 4))], ids=["eager", "symbolic"])
def test_refuses_other_widths(x: object) -> None:
    with pytest.raises(SpecError, match=r"max_of cannot join .*: mean gives \(.*, 4\), stats gives \(.*, 8\)"):
        kpool.pool("max_of(mean, stats)")(x)
