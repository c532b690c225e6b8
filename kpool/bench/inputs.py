"""Inputs to time poolings on, with masks of random lengths or segment ids."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops as kops

from kpool.bench.backend import rounded
from kpool.bench.shapes import sizes

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Input:
    """One input, the same for all that is timed on it.

    Args:
        shape: A name in SHAPES, or sizes as in "8x2048x1024". A packed one is a batch of one: segments, in order, of
            about 128 elements.
        dtype: Of the elements; half precision is drawn so that float32 holds the same numbers.
        masked: Whether there is a mask: of each example the first half to all of its rows count.
    """

    shape: str
    dtype: str = "float32"
    masked: bool = True

    def __reduce__(self) -> tuple[type[Input], tuple[str, str, bool]]:
        """Another process draws it anew."""
        return type(self), (self.shape, self.dtype, self.masked)

    @functools.cached_property
    def x(self) -> Array:
        """The elements, (batch, *positions, features), in float32."""
        drawn = np.random.default_rng(0).normal(size=sizes(self.shape)).astype("float32")
        return drawn if self.dtype == "float32" else rounded(drawn, self.dtype)

    def tensor(self) -> Any:
        """The elements, in their dtype."""
        return kops.cast(self.x, self.dtype)

    @functools.cached_property
    def mask(self) -> Array | None:
        """What counts, (batch, *positions)."""
        if not self.masked or self.segments:
            return None
        batch, *positions, _ = self.x.shape
        lengths = np.random.default_rng(1).integers(positions[0] // 2, positions[0] + 1, batch)
        here = np.arange(positions[0]) < lengths[:, None]
        return np.array(np.broadcast_to(here.reshape(batch, -1, *[1] * len(positions[1:])), (batch, *positions)))

    @property
    def segments(self) -> int:
        """How many segments there are in it; 0 if it is not packed."""
        return max(2, self.x.shape[1] // 128) if self.shape.endswith("packed") else 0

    @functools.cached_property
    def ids(self) -> Array | None:
        """The segment of each element, (1, elements), rising."""
        if not self.segments:
            return None
        return np.sort(np.random.default_rng(2).integers(0, self.segments, self.x.shape[1]).astype("int32"))[None]
