"""Trials on a Ray cluster: of this machine's cores, or of many machines."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset
from kpool.lab.engine import Engine, Outcome, Task, attempt
from kpool.lab.quiet import start_keras
from kpool.lab.results import Failure
from kpool.lab.store import Store, versions
from kpool.lab.trial import Settings

TRIES = 4
"""How often a trial is begun whose worker dies."""


@contextlib.contextmanager
def cluster(address: str | None = None) -> Iterator[Engine]:
    """An engine that spreads trials over the cores, or the GPUs, of a Ray cluster.

    Every machine must have the same versions of kpool, its plugins and Keras as this one; they need share no disk.

    Args:
        address: Of a cluster that runs, as Ray takes it: "auto", "host:6379" or "ray://host:10001". If not given, one
            is started of this machine's cores, and stopped in the end.

    Raises:
        KpoolError: Ray is not installed, or there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 starves trials beside anything else
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise KpoolError('--engine ray needs Ray: python -m pip install "kpool[ray]"') from error
    if address and address != "auto":
        _check_answers(address)
    environment = {"env_vars": {"KERAS_BACKEND": keras.backend.backend()}}
    own = {} if address else {"include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="error", runtime_env=environment, **own)
    except ConnectionError as error:
        raise _no_cluster(address, error) from error
    try:
        yield functools.partial(_spread, ray)
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Ray itself (2.60) tries for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: Exception) -> KpoolError:
    return KpoolError(f"--address {address}: no Ray cluster answers there ({error}); `ray start --head` starts one")


def _spread(ray: Any, tasks: Sequence[Task], dataset: Dataset, settings: Settings, store: Store) -> Iterator[Outcome]:
    """As an Engine."""
    share = {"num_gpus": 1} if ray.cluster_resources().get("GPU") else {"num_cpus": 1}
    trial = ray.remote(_trial).options(max_retries=TRIES - 1, **share)
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
