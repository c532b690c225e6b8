"""Trials on Ray: what they are in this process, whichever worker dies."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from kpool.errors import KpoolError
from kpool.lab import compare as lab
from kpool.lab import store
from kpool.lab.cluster import TRIES, cluster
from kpool.lab.dataset import Dataset
from kpool.lab.engine import Engine, local
from kpool.lab.files import CannotWriteError
from kpool.lab.trial import Settings

pytest.importorskip("ray", reason="Ray is not installed: tox run -e machines")
pytestmark = pytest.mark.slow

HEADS = ["mean | dense(classes)", "max | dense(classes)"]
TIMES = {"train_seconds", "ms_per_example"}


@pytest.fixture(scope="module")
def ray() -> Iterator[Engine]:
    with cluster() as engine:
        yield engine


def compared(engine: Engine, dataset: Dataset, out: Path, heads: list[str] = HEADS) -> tuple[list[Any], str]:
    """Each head's trials without what was timed, and what was shown."""
    shown, settings = io.StringIO(), Settings(backbone="none", epochs=2, batch_size=8)
    found = lab.compare(heads, dataset, settings, 2, out, Console(file=shown, width=120), engine)
    return [{k: v for k, v in trial.items() if k not in TIMES} for trial in found["trials"]], shown.getvalue()


def test_ray_finds_what_this_process_does(ray: Engine, tokens: Dataset, tmp_path: Path) -> None:
    here, _ = compared(local, tokens, tmp_path / "here")
    there, _ = compared(ray, tokens, tmp_path / "there")
    assert len(here) == 4
    assert there == here
    again, shown = compared(ray, tokens, tmp_path / "there")
    assert again == here
    assert "4 of 4 trials were finished before" in shown


def dying(tokens: Dataset, folder: Path, times: int) -> Dataset:
    """A data set that kills the first `times` workers that ask for its examples."""
    home = os.getpid()

    @dataclass(frozen=True, eq=False)
    class Dying(Dataset):  # a class of this function, so that workers are sent all of it
        def inputs(self, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
            for i in range(times if os.getpid() != home else 0):
                try:
                    (folder / f"death-{i}").touch(exist_ok=False)
                except FileExistsError:
                    continue
                os._exit(1)
            return super().inputs(rows)

    return Dying(tokens.name, tokens.x, tokens.y, tokens.classes, tokens.mask)


def test_a_trial_whose_worker_dies_is_tried_again(ray: Engine, tokens: Dataset, tmp_path: Path) -> None:
    there, _ = compared(ray, dying(tokens, tmp_path, 1), tmp_path / "there")
    assert (tmp_path / "death-0").exists()
    assert there == compared(local, tokens, tmp_path / "here")[0]


def test_a_trial_whose_workers_all_die_has_failed(ray: Engine, tokens: Dataset, tmp_path: Path) -> None:
    deaths = 2 * 2 * TRIES  # of each trial each try
    _, shown = compared(ray, dying(tokens, tmp_path, deaths), tmp_path / "there", ["mean | dense(classes)"])
    assert f"its worker died {TRIES} times" in " ".join(shown.split())


def test_what_raises_is_reported_and_not_tried_again(ray: Engine, tokens: Dataset, tmp_path: Path) -> None:
    broken = Dataset(tokens.name, tokens.x * np.float32(np.inf), tokens.y, tokens.classes, tokens.mask)
    trials, shown = compared(ray, broken, tmp_path)
    assert trials == []
    assert "the loss is not finite" in " ".join(shown.split())


def test_a_worker_that_can_keep_nothing_says_so(
    ray: Engine, tokens: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:  # of this function, so that workers are sent all of it
        raise CannotWriteError("cannot write to /tmp/x (No space left on device)")

    monkeypatch.setattr("kpool.lab.cluster._trial", full)
    trials, shown = compared(ray, tokens, tmp_path)
    assert trials == []
    assert "on its worker, CannotWriteError: cannot write to /tmp/x" in " ".join(shown.split())


def test_a_machine_of_other_versions_is_named(
    ray: Engine, tokens: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpool.lab.cluster.versions", lambda: store.versions() | {"keras": "9.9"})
    trials, shown = compared(ray, tokens, tmp_path)
    assert trials == []
    assert "a machine of the cluster has keras" in shown
    assert "instead of 9.9" in shown


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}", "nowhere", "host:99999999"])
def test_an_address_without_a_cluster(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        pytest.raises(KpoolError, match=r"no Ray cluster answers at .*`ray start --head` starts one"),
        cluster(address.format(port=port)),
    ):
        pass
