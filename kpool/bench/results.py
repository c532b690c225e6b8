"""What came of a benchmark, as a machine and a person read it."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras

import kpool
from kpool.bench.backend import versions
from kpool.bench.work import Work

LIBRARIES = ("numpy", "torch", "torchvision", "timm", "sentence-transformers", "torch-geometric")


@dataclass(frozen=True)
class Timing:
    """One mode of a pooling.

    Args:
        ms: The median, in milliseconds.
        ratio: To the limit, in the same round: the median.
        quartiles: Of the ratio.
        first_calls_s: What the first two calls took, in seconds: tracing and compiling, for the most part.
    """

    ms: float
    ratio: float
    quartiles: tuple[float, float]
    first_calls_s: float


@dataclass(frozen=True)
class PeerTiming:
    """One mode of another library.

    Args:
        ms: The median, in milliseconds.
        ratio: Of kpool's best mode to it: below 1, kpool is faster.
        quartiles: Of the ratio.
        agrees: Whether it gives the same answer. If not, it does other work: it ignores masks, say.
    """

    ms: float
    ratio: float
    quartiles: tuple[float, float]
    agrees: bool


@dataclass(frozen=True)
class Row:
    """One pooling, forward or with gradients, in every mode.

    Args:
        memory: What it holds beside its input and answer where XLA compiles it, as XLA reports, as a share of the
            input; None if nothing was compiled.
    """

    pooling: str
    work: str
    limit_ms: float
    memory: float | None
    modes: Mapping[str, Timing]
    peers: Mapping[str, PeerTiming]

    @property
    def best(self) -> Timing:
        return min(self.modes.values(), key=lambda timing: timing.ratio)


@dataclass(frozen=True)
class Results:
    """Rows, and where, when and on what they were made; and what was wrong, and so has none."""

    shape: str
    size: tuple[int, ...]
    dtype: str
    masked: bool
    region: str
    rounds: int
    date: str
    machine: Mapping[str, Any]
    versions: Mapping[str, Any]
    rows: Sequence[Row]
    wrong: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Results:
        rows = [
            Row(
                **{
                    **row,
                    "modes": {name: Timing(**timing) for name, timing in row["modes"].items()},
                    "peers": {name: PeerTiming(**timing) for name, timing in row["peers"].items()},
                }
            )
            for row in found["rows"]
        ]
        return cls(**{**found, "rows": rows})


def now(work: Work, rounds: int, rows: Sequence[Row], wrong: Sequence[str]) -> Results:
    """Results of this process, of one input and region."""
    given = work.given
    return Results(
        given.shape,
        tuple(given.x.shape),
        given.dtype,
        given.mask is not None,
        work.region,
        rounds,
        datetime.datetime.now(datetime.UTC).date().isoformat(),
        {"system": platform.system(), "processor": platform.machine(), "cores": len(os.sched_getaffinity(0))},
        {"kpool": kpool.__version__, "keras": keras.__version__, **versions(), **_installed()},
        rows,
        wrong,
    )


def _installed() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[library] = importlib.metadata.version(library)
    return found
