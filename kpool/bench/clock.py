"""Timing in turns: on a shared machine a task is compared with what ran a moment before, not with milliseconds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Task = Callable[[int], object]
"""Does its work so many times, and waits until all of it is done."""

PAUSE = 0.003
"""Seconds between two tasks: threads that another library left spinning go to sleep (OpenMP's, 1 to 2 ms)."""

LEAST = 0.005
"""Seconds that a timing takes at least: a GPU is given several calls to do, or starting it would be what is timed."""


@dataclass(frozen=True)
class Ratio:
    """The median over the rounds, and its quartiles."""

    median: float
    low: float
    high: float


def in_turns(tasks: Mapping[str, Task], rounds: int) -> dict[str, list[float]]:
    """The seconds a call of each task took, round by round; each has been called before."""
    times = {name: max(1, math.ceil(LEAST / max(seconds(task), 1e-6))) for name, task in tasks.items()}
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            time.sleep(PAUSE)
            taken[name].append(seconds(task, times[name]) / times[name])
    return taken


def seconds(task: Task, times: int = 1) -> float:
    started = time.perf_counter()
    task(times)
    return time.perf_counter() - started


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Of two tasks that were timed in turns."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Ratio(round(median, 3), round(low, 3), round(high, 3))
