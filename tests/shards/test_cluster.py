"""Shards on Ray: what they are in this process, whichever worker dies."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import kpool
from kpool import shards
from kpool.errors import KpoolError
from kpool.shards import cluster
from kpool.shards.shard import Shard

pytest.importorskip("ray", reason="Ray is not installed: tox run -e machines")
pytestmark = pytest.mark.slow
SPEC = "concat(mean, std, last)"


def pooled(folder: Path, out: Path, engine: str) -> np.ndarray:
    done = kpool.pool_shards(SPEC, folder, out, engine=engine, block=1)
    assert done.reduced == done.shards == 12
    with np.load(out) as archive:
        return np.asarray(archive["pooled"])


def test_ray_gives_what_this_process_does_to_the_bit(folder: Path, tmp_path: Path) -> None:
    here, there = (pooled(folder, tmp_path / f"{engine}.npz", engine) for engine in ("local", "ray"))
    np.testing.assert_array_equal(there, here)
    again = kpool.pool_shards(SPEC, folder, tmp_path / "ray.npz", engine="ray", address="nowhere:1")
    assert again.reduced == 0  # and nobody is asked


def test_a_shard_whose_worker_dies_is_begun_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, dead = cluster._reduce, tmp_path / "dead"

    def dying(layer: bytes, expected: str, shard: Shard, *rest: object) -> None:
        if shard.name.startswith("3") and not dead.exists():
            dead.touch()
            os._exit(1)
        whole(layer, expected, shard, *rest)

    here = pooled(folder, tmp_path / "here.npz", "local")
    monkeypatch.setattr(cluster, "_reduce", dying)
    np.testing.assert_array_equal(pooled(folder, tmp_path / "there.npz", "ray"), here)
    assert dead.exists()


def test_an_error_on_a_worker_is_the_same_as_here(folder: Path, tmp_path: Path) -> None:
    np.savez(folder / "5.npz", x=np.ones((3, 4), "float32"), ids=np.ones(3, int))
    path = folder / "5.npz"
    path.write_bytes(path.read_bytes().replace(np.ones((3, 4), "float32").tobytes(), bytes(48)))  # its CRC is wrong now
    said = []
    for engine in ("local", "ray"):
        with pytest.raises(KpoolError, match=r"5\.npz") as found:
            kpool.pool_shards(SPEC, folder, tmp_path / f"{engine}.npz", engine=engine)
        said.append(str(found.value))
    assert said[0] == said[1]


def test_a_machine_with_other_versions(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "fingerprint", lambda layer: "another")  # of this process only
    with pytest.raises(KpoolError, match="a machine of the cluster has other versions of kpool, its plugins or Keras"):
        kpool.pool_shards(SPEC, folder, tmp_path / "out.npz", engine="ray")


def test_a_machine_that_writes_elsewhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_reduce", lambda *task: None)
    with pytest.raises(KpoolError, match="where this one does not see it: all of them must share the folder"):
        kpool.pool_shards(SPEC, folder, tmp_path / "out.npz", engine="ray")
