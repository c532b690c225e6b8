"""The sets family: sets and graphs."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return []
