"""The audio family: statistics of frames, for speakers and sound events."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return []
