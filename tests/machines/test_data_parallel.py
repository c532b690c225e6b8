"""Processes of this machine that train together with JAX: as one does."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kpool

SCRIPT = Path(__file__).parents[2] / "examples" / "data_parallel.py"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras 3.15.1, NumPy 2
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed: tox run -e machines"),
]


def learnt(out: Path, processes: int, *arguments: str) -> list[list[np.ndarray]]:
    """The weights that each process saved."""
    command = [sys.executable, str(SCRIPT), "--processes", str(processes), "--out", str(out), *arguments]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=environment)
    assert done.returncode == 0, done.stderr
    return [kpool.load_model(out / f"process-{i}" / "model.keras").get_weights() for i in range(processes)]


def apart(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    return max(float(np.abs(one - two).max()) for one, two in zip(a, b, strict=True))


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    (one,) = learnt(tmp_path / "one", 1)
    first, second = learnt(tmp_path / "two", 2)
    assert apart(first, one) <= 1e-6
    assert apart(second, first) == 0
    (less,) = learnt(tmp_path / "less", 1, "--epochs", "3")
    assert apart(less, one) > 1e-3, "as if nothing were learnt"
