"""A Ray cluster: of this machine's cores, or of many machines."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import keras

from kpool.errors import KpoolError

TRIES = 4
"""How often a task is begun whose worker dies."""


@contextlib.contextmanager
def connected(address: str | None = None) -> Iterator[Any]:
    """Ray, connected to a cluster.

    Args:
        address: Of a cluster that runs, as Ray takes it: "auto", "host:6379" or "ray://host:10001". If not given, one
            is started of this machine's cores, and stopped in the end.

    Raises:
        KpoolError: Ray is not installed, or there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 starves tasks beside anything else
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise KpoolError('the engine ray needs Ray: python -m pip install "kpool[ray]"') from error
    if address and address != "auto":
        _check_answers(address)
    environment = {"env_vars": {"KERAS_BACKEND": keras.backend.backend()}}
    own = {} if address else {"include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="error", runtime_env=environment, **own)
    except ConnectionError as error:
        raise _no_cluster(address, error) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def remote(ray: Any, function: Any) -> Any:
    """`function` as a task of the cluster: on a GPU where it has some, else on a core; again if its worker dies."""
    share = {"num_gpus": 1} if ray.cluster_resources().get("GPU") else {"num_cpus": 1}
    return ray.remote(function).options(max_retries=TRIES - 1, **share)


def _check_answers(address: str) -> None:
    """Ray itself (2.60) tries for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: Exception) -> KpoolError:
    return KpoolError(f"no Ray cluster answers at {address} ({error}); `ray start --head` starts one")
