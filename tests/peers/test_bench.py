"""What kpool is timed beside does the same work: `kpool bench --peers` is as good as these answers."""

from __future__ import annotations

import keras
import pytest

from kpool.bench.inputs import Input
from kpool.bench.measure import Bench
from kpool.bench.suite import run, works

ALONE = {"tiny-packed": ("gem(trainable=false)",)}
"""What no other library that is timed has."""


@pytest.fixture(autouse=True)
def float32() -> None:
    """A benchmark is of the dtype it says."""
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ("tiny-tokens", ""),
        ("tiny-maps", "window(2)"),
        ("tiny-maps", "window(3, strides=2)"),
        ("tiny-packed", ""),
    ],
)
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "all counts"])
def test_others_answer_the_same(given: str, region: str, masked: bool) -> None:
    found = run(Bench(["xla"], beside_peers=True, rounds=1), works(Input(given, masked=masked), region=region))
    assert {row.pooling for row in found.rows if not row.peers} == {
        row.pooling for row in found.rows if row.pooling in ALONE.get(given, ())
    }
    different = {
        (row.pooling, row.work, name) for row in found.rows for name, peer in row.peers.items() if not peer.agrees
    }
    assert different == {
        (row.pooling, row.work, name)
        for row in found.rows
        for name in row.peers
        if works_without_masks(name, row.pooling, region) and found.masked
    }


def works_without_masks(name: str, pooling: str, region: str) -> bool:
    """Of Keras's layers (3.15), only GlobalAveragePooling1D heeds masks."""
    return name.startswith("keras") and bool(pooling == "max" or region)
