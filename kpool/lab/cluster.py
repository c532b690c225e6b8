"""Trials on a Ray cluster: of this machine's cores, or of many machines."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kpool.cluster import TRIES, connected, remote
from kpool.lab.dataset import Dataset
from kpool.lab.engine import Engine, Outcome, Task, attempt
from kpool.lab.quiet import start_keras
from kpool.lab.results import Failure
from kpool.lab.store import Store, versions
from kpool.lab.trial import Settings


@contextlib.contextmanager
def cluster(address: str | None = None) -> Iterator[Engine]:
    """An engine that spreads trials over the cores, or the GPUs, of a Ray cluster.

    Every machine must have the same versions of kpool, its plugins and Keras as this one; they need share no disk.

    Args:
        address: Of a cluster that runs; as of `kpool.cluster.connected`.

    Raises:
        KpoolError: Ray is not installed, or there is no cluster at the address.
    """
    with connected(address) as ray:
        yield functools.partial(_spread, ray)


def _spread(ray: Any, tasks: Sequence[Task], dataset: Dataset, settings: Settings, store: Store) -> Iterator[Outcome]:
    """As an Engine."""
    trial = remote(ray, _trial)
    data, expected = ray.put(dataset), versions()
    waiting = {trial.remote(task, data, settings, expected): task for task in tasks}
    while waiting:
        (done,), _ = ray.wait(list(waiting))
        task = waiting.pop(done)
        try:
            found = ray.get(done)
        except ray.exceptions.RayTaskError as error:  # no fault of the trial's: its worker could keep nothing
            found = Failure(task.seed, f"on its worker, {type(error.cause).__name__}: {error.cause}")
        except ray.exceptions.RayError as error:
            found = Failure(task.seed, f"its worker died {TRIES} times: {type(error).__name__}")
        yield task, found if isinstance(found, Failure) else store.take(task.key, found)


def _trial(task: Task, dataset: Dataset, settings: Settings, expected: dict[str, str]) -> dict[str, bytes] | Failure:
    """On a worker: the files of a finished trial."""
    start_keras()
    if (found := versions()) != expected:
        differing = [
            f"{name} {found.get(name)} instead of {version}"
            for name, version in expected.items()
            if found.get(name) != version
        ]
        return Failure(task.seed, f"a machine of the cluster has {', '.join(differing)}")
    with tempfile.TemporaryDirectory(prefix="kpool-trial-") as folder:
        store = Store(Path(folder))
        outcome = attempt(task, dataset, settings, store)
        return outcome if isinstance(outcome, Failure) else store.give(task.key)
