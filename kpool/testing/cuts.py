"""What regions must cut: of each, a spec, an input that suits it and the elements of every bag, said independently."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kpool.errors import SpecError
from kpool.testing.check import Skipped
from kpool.testing.compare import Array
from kpool.testing.data import POSITIONS
from kpool.testing.target import Target


@dataclass(frozen=True)
class Cut:
    """A region's bags.

    Attributes:
        over: Its spec.
        positions: Of the input.
        members: Which elements each bag has: bool (batch, bags, *positions).
        regions: What the call must be given, or None.
        flat: Whether the bags' answers stand side by side.
    """

    over: str
    positions: tuple[int, ...]
    members: Array
    regions: Array | None = None
    flat: bool = False


REGIONS = ("window", "bins", "pyramid", "segments", "spans", "axis", "boxes")


def cut(target: Target, name: str, *, rows: int = 4, law: bool = True) -> Cut:
    """The cut by a region of that name, for an input that the target takes; for a law, as everything as well."""
    allowed = target.layer().only_over
    if allowed and not {name, *(["everything"] if law else [])} <= set(allowed):
        raise Skipped(f"it pools over {' or '.join(allowed)} only")
    ranks = {"axis": (4, 5), "boxes": (4,), "spans": (3,)}.get(name, target.ranks)
    rank = next((rank for rank in target.ranks if rank in ranks), 0)
    if not rank:
        raise Skipped(f"it takes no input that {name} cuts")
    for make in _CUTS[name]:
        made = make(POSITIONS[rank], rows, np.random.default_rng(target.seed))
        try:
            target.layer(rank=rank, over=made.over)
        except SpecError as error:
            refusal = error
        else:
            return made
    if not allowed:
        raise refusal
    raise Skipped(f"it does not pool over {made.over}: {refusal}")


def _windows(size: int, positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    """Windows of a size, every 2 positions."""
    starts = [range(0, length - size + 1, 2) for length in positions]
    boxes = [[slice(start, start + size) for start in start_of] for start_of in itertools.product(*starts)]
    return Cut(f"window({size}, strides=2)", positions, _boxes(boxes, positions, rows))


def _bins(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    counts = [4, 2, 1][: len(positions)]
    return Cut(f"bins({counts})", positions, _boxes(_level(counts, positions), positions, rows))


def _pyramid(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    levels = [[n] * len(positions) for n in (1, 2)]
    boxes = [box for counts in levels for box in _level(counts, positions)]
    return Cut("pyramid([1, 2])", positions, _boxes(boxes, positions, rows), flat=True)


def _level(counts: list[int], positions: tuple[int, ...]) -> list[list[slice]]:
    axes = [
        [slice(i * length // n, -(-(i + 1) * length // n)) for i in range(n)]
        for n, length in zip(counts, positions, strict=True)
    ]
    return [list(box) for box in itertools.product(*axes)]


def _segments(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    ids = rng.integers(-1, 3, (rows, *positions))
    return Cut("segments(3)", positions, np.stack([ids == i for i in range(3)], axis=1), ids)


def _spans(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    (steps,) = positions
    spans = np.sort(rng.integers(0, steps + 1, (rows, 4, 2)), axis=-1)
    spans[:, 3] = 0
    t = np.arange(steps)
    return Cut("spans", positions, (t >= spans[..., :1]) & (t < spans[..., 1:]), spans)


def _axis(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    others = [range(n) for n in (positions[0], *positions[2:])]
    boxes = [
        [slice(i, i + 1), slice(None), *(slice(j, j + 1) for j in rest)] for i, *rest in itertools.product(*others)
    ]
    return Cut("axis(2)", positions, _boxes(boxes, positions, rows))


def _boxes_region(positions: tuple[int, ...], rows: int, rng: np.random.Generator) -> Cut:
    """Squares of 3 · 3 positions, sampled exactly there."""
    corners = rng.integers(0, [positions[1] - 2, positions[0] - 2], (rows, 2, 2))
    boxes = np.concatenate([corners, corners + 3], axis=-1)
    members = np.zeros((rows, 2, *positions), bool)
    for row, box in itertools.product(range(rows), range(2)):
        x, y = corners[row, box]
        members[row, box, y : y + 3, x : x + 3] = True
    return Cut("boxes(1, samples=3)", positions, members, boxes.astype("float32"))


def _boxes(boxes: list[list[slice]], positions: tuple[int, ...], rows: int) -> Array:
    members = np.zeros((rows, len(boxes), *positions), bool)
    for i, box in enumerate(boxes):
        members[:, i][(slice(None), *box)] = True
    return members


_CUTS: dict[str, tuple[Callable[..., Cut], ...]] = {
    "window": (functools.partial(_windows, 3), functools.partial(_windows, 2)),  # some take none that overlap
    "bins": (_bins,),
    "pyramid": (_pyramid,),
    "segments": (_segments,),
    "spans": (_spans,),
    "axis": (_axis,),
    "boxes": (_boxes_region,),
}
"""Of each region the cuts, of which the first counts that a target takes."""
