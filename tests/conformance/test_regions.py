"""Every region in every dtype and mode: in the default run for one strategy of each reduction and way to be written.

`tox run -e thorough` tries all of them. Each has a process of its own there: TensorFlow (2.21)
keeps what XLA compiled as long as its process lives, 300 MB for a strategy.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

import kpool
from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

SOME = ["gem", "last", "max", "softmax", "std", "top_k"]
ALL = [name for name, component in kpool.strategies().items() if component.target.startswith("kpool_plugins.")]


@pytest.mark.slow
@parametrize_strategies(SOME, only="region_modes")
def test_every_region_dtype_and_mode(conformance: Conformance) -> None:
    conformance()


@pytest.mark.thorough
@pytest.mark.parametrize("name", ALL)
def test_every_region_dtype_and_mode_of_all(name: str) -> None:
    command = [sys.executable, "-m", "kpool.cli", "check", name, "--only", "region_modes"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
