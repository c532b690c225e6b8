"""Processes of this machine that train together: as one does, and as ever if one of them is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import kpool

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "examples" / "several_workers.py"
SECONDS_TO_NOTICE = 60
pytestmark = pytest.mark.slow


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, timeout=300)


def weights(out: Path) -> list[np.ndarray]:
    return kpool.load_model(out / "model.keras").get_weights()


def learnt(out: Path, *arguments: str) -> list[np.ndarray]:
    done = run(SCRIPT, "--out", str(out), *arguments)
    assert done.returncode == 0, done.stderr
    return weights(out)


@pytest.fixture(scope="module")
def of_one(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    return learnt(tmp_path_factory.mktemp("one"), "--workers", "1")


def apart(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    return max(float(np.abs(one - two).max()) for one, two in zip(a, b, strict=True))


def test_two_workers_learn_what_one_does(of_one: list[np.ndarray], tmp_path: Path) -> None:
    assert apart(learnt(tmp_path, "--workers", "2"), of_one) <= 1e-6
    assert apart(learnt(tmp_path, "--workers", "1", "--epochs", "3"), of_one) > 1e-3, "as if nothing were learnt"


def test_a_killed_worker_ends_the_others_and_a_restart_learns_the_rest(
    of_one: list[np.ndarray], tmp_path: Path
) -> None:
    command = [sys.executable, "-u", SCRIPT, "--out", tmp_path, "--backup", "--kill-after", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as killed:
        assert killed.stdout is not None
        said = [(line, time.monotonic()) for line in killed.stdout]
        killed.wait()
    ended = time.monotonic()
    assert killed.returncode != 0
    lines = [line for line, _ in said]
    second = lines.index("Epoch 2/4\n") + 1
    assert lines[second].startswith("3/3")
    assert "Epoch 4/4\n" not in lines
    assert ended - said[second][1] < SECONDS_TO_NOTICE
    assert not (tmp_path / "model.keras").exists()
    again = run(SCRIPT, "--out", str(tmp_path), "--backup")
    assert again.returncode == 0, again.stderr
    assert "Epoch 2/4" not in again.stdout
    assert apart(weights(tmp_path), of_one) <= 1e-6


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="MirroredStrategy is TensorFlow's")
def test_two_devices_learn_what_one_does() -> None:
    done = run(HERE / "mirrored.py")
    assert done.returncode == 0, done.stderr
    replicas, difference = done.stdout.split()[-2:]
    assert int(replicas) == 2
    assert float(difference) <= 1e-6
