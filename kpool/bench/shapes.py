"""The shapes of inputs that poolings are timed on, (batch, *positions, features): too large for a cache."""

from __future__ import annotations

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
