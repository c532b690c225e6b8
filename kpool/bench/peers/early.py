"""What must be imported before TensorFlow; nothing here imports Keras."""

from __future__ import annotations

import contextlib
import importlib


def import_first() -> None:
    """PyTorch's compiler (Triton 3.9) and TensorFlow (2.21) bring an LLVM each; only in this order do both load."""
    with contextlib.suppress(ImportError):
        importlib.import_module("triton")
