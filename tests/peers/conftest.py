"""Both sides in float64, and in one process. A plain `pytest` does not come here: see norecursedirs in setup.cfg."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

import pytest

# torchvision, PyG and transformers import Triton (3.9). It brings an LLVM, as TensorFlow (2.21) does, and where
# TensorFlow's was loaded before, Triton's ends the process: "Option registered more than once".
if importlib.util.find_spec("triton"):
    importlib.import_module("triton")

NOT_OURS = (
    # PyG 2.8.1, as it is imported, under PyTorch 2.15
    "ignore:`torch.jit.script` is deprecated:FutureWarning",
    # PyTorch's wheels have CUDA, whether or not there is a GPU
    "ignore:CUDA initialization:UserWarning",
)


def pytest_configure(config: pytest.Config) -> None:
    for line in NOT_OURS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """Both sides compute in float64, so that what differs is the formula, not the rounding."""
    import keras

    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy("float32")
