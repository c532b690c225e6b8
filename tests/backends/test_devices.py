"""On PyTorch, all that a strategy makes is where its input is.

PyTorch's meta device stands for a GPU: it has shapes without values, and refuses what lies on the CPU as a GPU does.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest

import kpool
from kpool import ops
from kpool.testing.naming import as_target

# keras.ops there (3.15.1) asks for values, which the meta device has not.
ASKS = {
    "gru": "while_loop: its counter",
    "lstm": "while_loop: its counter",
}
NAMES = [name for name, c in kpool.strategies().items() if c.target.startswith("kpool_plugins.")]

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="of PyTorch: tox run -e torch")


@pytest.fixture(autouse=True)
def elsewhere() -> Iterator[None]:
    with keras.device("meta"):
        yield


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 0, 3), (0, 5, 3)], ids=["some", "no steps", "no rows"])
@pytest.mark.parametrize("bound", [ops.greatest, ops.least])
def test_greatest_and_least(bound: object, shape: tuple[int, ...]) -> None:
    y = bound(keras.ops.ones(shape), 1, keepdims=True, initial=0)
    assert (y.device.type, tuple(y.shape)) == ("meta", (shape[0], 1, shape[2]))


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.xfail(reason=ASKS[n], raises=RuntimeError) if n in ASKS else ()) for n in NAMES],
)
def test_no_strategy_mixes_devices(name: str) -> None:
    layer, target = kpool.pool(name), as_target(name)
    x = keras.ops.ones((2, *target.positions, target.features))
    y = layer(x, mask=keras.ops.ones(x.shape[:-1], "bool"))
    assert y.device.type == "meta"
