"""The text family: tokens, and the layers of a language model."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return []
