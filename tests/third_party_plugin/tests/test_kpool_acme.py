"""kpool-acme through kpool's kit, with its formula in NumPy beside it."""

import numpy as np
import pytest

import kpool
from kpool.testing import check_strategy


def oracle(bag, layer):
    return np.expm1(np.mean(np.log1p(np.abs(bag)), axis=0))


@pytest.mark.parametrize(
    ("spec", "only"),
    [
        pytest.param("geometric_mean", None, id="every law"),
        pytest.param("geometric_mean(over=window(2))", ["mask", "region", "oracle"], id="over windows"),
    ],
)
def test_keeps_the_laws(spec, only):
    report = check_strategy(spec, only=only, oracle=oracle)
    assert report.ok, report


def test_of_ones_is_one():
    assert kpool.pool("geometric_mean")(np.ones((1, 4, 2), "float32")).numpy().tolist() == [[1.0, 1.0]]
