"""What compiled poolings hold beside their input and answer, as the compiler itself reports."""

from __future__ import annotations

import multiprocessing
import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from kpool.bench import backend
from kpool.bench.work import Work, timed
from kpool.errors import UnknownNameError
from kpool.terminal import held_back

Task = tuple[Work, str]
"""A pooling, forward or with gradients."""


def held(tasks: Sequence[Task]) -> list[float | None]:
    """The temporaries of each, as a share of its input.

    None where the backend compiles nothing, and of a strategy that only this process knows: TensorFlow's XLA reports to
    a folder, if it is told so before it compiles anything, and so does it in another.
    """
    if backend.BACKEND == "jax":
        return [_of_jax(*task) for task in tasks]
    if backend.BACKEND != "tensorflow":
        return [None] * len(tasks)
    spawned = multiprocessing.get_context("spawn")
    with (
        held_back(),  # the other TensorFlow's chatter
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, spawned, initializer=_report_to, initargs=(folder,)) as process,
    ):
        return list(process.map(_of_tensorflow, tasks, [Path(folder)] * len(tasks)))


def _report_to(folder: str) -> None:
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_dump_to={folder}"


def _of_tensorflow(task: Task, folder: Path) -> float | None:
    for report in folder.iterdir():
        report.unlink()
    work, what = task
    try:
        layer = work.layer()
    except UnknownNameError:
        return None
    backend.MODES[backend.FASTEST](timed(layer, work.arguments(), what))(work.given.tensor())
    return _share(max(map(_reported, folder.glob("*buffer-assignment.txt"))), work)


def _reported(report: Path) -> int:
    """The bytes of the temporaries of one program."""
    says = r"^allocation \d+: size (\d+), preallocated-temp"
    return sum(map(int, re.findall(says, report.read_text(encoding="utf-8"), re.MULTILINE)))


def _of_jax(work: Work, what: str) -> float:
    import jax

    compiled = jax.jit(timed(work.layer(), work.arguments(), what)).lower(work.given.tensor()).compile()
    return _share(compiled.memory_analysis().temp_size_in_bytes, work)


def _share(size: int, work: Work) -> float:
    width = 4 if work.given.dtype == "float32" else 2
    return round(size / (width * work.given.x.size), 4)
