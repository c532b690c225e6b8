"""Killed, in several processes, and larger than memory: the same vectors."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import kpool
from kpool.errors import KpoolError

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "pool_shards.py"
SPEC = "concat(mean, std, last)"

# Stops for good while the states of the fifth shard are half written. argv: the folder, the file to write.
STUCK = f"""
import sys, time
import kpool
from kpool.shards import reducing

whole, seen = reducing.Bags.states, []

def half(self, stream, rows, block):
    seen.append(self)
    for state in whole(self, stream, rows, block):
        yield state
        if len(seen) == 5:
            print("half", flush=True)
            time.sleep(600)

reducing.Bags.states = half
kpool.pool_shards({SPEC!r}, *sys.argv[1:], block=1)
"""
# Two workers that are at it for good. argv: the folder, the file to write.
AT_IT = """
import os, sys, time
import kpool
from kpool.shards import reducing

def stay(self, stream, rows, block):
    print(os.getpid(), flush=True)
    time.sleep(600)

reducing.Bags.states = stay
if __name__ == "__main__":
    kpool.pool_shards("mean", *sys.argv[1:], workers=2)
"""


def pooled(folder: Path, out: Path, workers: int = 1) -> np.ndarray:
    kpool.pool_shards(SPEC, folder, out, workers=workers, block=1)
    with np.load(out) as archive:
        return np.asarray(archive["pooled"])


def test_two_processes_give_what_one_does_to_the_bit(folder: Path, tmp_path: Path) -> None:
    one, two = (pooled(folder, tmp_path / f"{n}.npz", n) for n in (1, 2))
    np.testing.assert_array_equal(two, one)


def test_after_a_kill_it_goes_on_and_gives_the_same_to_the_bit(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed.npz"
    command = [sys.executable, "-c", STUCK, str(folder), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    states = tmp_path / "killed.npz.states"
    assert len(list(states.glob("*.states.npy"))) == 4
    assert [file.name[:3] for file in states.glob(".*")] == [".4."], "the fifth is not half written"
    done = kpool.pool_shards(SPEC, folder, out, block=1)
    assert done.reduced == 12 - 4
    assert len(list(states.iterdir())) == 2 * 12, "what the killed process left is still there"
    with np.load(out) as archive:
        np.testing.assert_array_equal(archive["pooled"], pooled(folder, tmp_path / "whole.npz"))


def test_workers_end_with_who_asked_for_them(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "at_it.py"
    script.write_text(AT_IT, encoding="utf-8")
    command = [sys.executable, str(script), str(folder), str(tmp_path / "out.npz")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        workers = [int(process.stdout.readline()) for _ in range(2)]
        process.kill()
    waited = time.monotonic()
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() - waited < 60, "workers live on"
        time.sleep(0.1)


def test_a_worker_that_dies_is_named_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "dies.py"
    script.write_text(AT_IT.replace("time.sleep(600)", "os._exit(9)"), encoding="utf-8")
    command = [sys.executable, str(script), str(folder), str(tmp_path / "out.npz")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "KpoolError: a process died" in done.stderr
    assert "start again, with fewer workers" in done.stderr


def test_an_error_in_a_worker_is_the_same_as_here(folder: Path, tmp_path: Path) -> None:
    data = bytearray((folder / "3.npz").read_bytes())
    data[200] ^= 255
    (folder / "3.npz").write_bytes(data)
    for workers in (1, 2):
        with pytest.raises(KpoolError, match=r"3\.npz cannot be read \(Bad CRC-32"):
            kpool.pool_shards(SPEC, folder, tmp_path / f"{workers}.npz", workers=workers)


@pytest.mark.skipif(sys.platform != "linux", reason="how memory is counted differs")
def test_memory_does_not_grow_with_the_set(tmp_path: Path) -> None:
    """Shards of 4 MiB and blocks of 4 MiB: 11 MiB was measured, for 97 MiB of shards as for 387."""
    command = [sys.executable, str(HERE / "memory.py"), str(tmp_path), "24"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    size, states, grown = map(int, done.stdout.split())
    assert size > 90
    assert states > 60
    assert grown < 32


def test_the_example_goes_on_after_its_interruption() -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "interrupted; pooled.npz is not there yet" in done.stdout
    assert "pooled.npz: 7 bags; 4 of 8 shards were left to do" in done.stdout


def test_the_example_notices_a_difference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.spec_from_file_location("pool_shards", EXAMPLE)
    assert found is not None
    assert found.loader is not None
    example = importlib.util.module_from_spec(found)
    found.loader.exec_module(example)
    monkeypatch.setattr(example, "compare", lambda *arguments: 1e-3)
    assert example.demonstrate("mean", tmp_path, {}) == 1
    assert os.listdir(tmp_path / "pooled.npz.states")
