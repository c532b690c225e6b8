"""The shapes of inputs that poolings are timed on, (batch, *positions, features): those for use fit in no cache."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SHAPES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "tokens": (32, 512, 768),
        "batch": (64, 128, 1024),
        "long": (2, 65536, 256),
        "maps": (16, 56, 56, 128),
        "late-maps": (64, 7, 7, 2048),
        "packed": (1, 65536, 256),
        # for GPUs
        "many-tokens": (256, 512, 768),
        "many-maps": (256, 56, 56, 128),
        # for tests
        "tiny-tokens": (4, 16, 8),
        "tiny-maps": (4, 6, 6, 8),
        "tiny-packed": (1, 48, 8),
    }
)


def sizes(shape: str) -> tuple[int, ...]:
    """Those of a name, or of batch, positions and features, as in "8x2048x1024".

    Raises:
        ValueError: it is neither.
    """
    if shape in SHAPES:
        return SHAPES[shape]
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){2,4}", shape):
        raise ValueError(f"{shape!r} is none of {', '.join(SHAPES)}, nor sizes as in 8x2048x1024")
    return tuple(map(int, shape.split("x")))
