"""The vision family: local pooling that keeps or restores shifts, and global descriptors of images."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return []
