"""A plugin whose hook has no such name."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategy() -> list[Component]:
    return [Component("misspelt", "wrong_poolings:Twin", "A plugin that nobody hears of.")]
