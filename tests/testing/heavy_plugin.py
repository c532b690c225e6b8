"""A plugin that imports Keras before anybody has asked for a layer."""

from __future__ import annotations

import keras  # noqa: F401

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [Component("heavy", "wrong_poolings:Twin", "A plugin that is slow to list.")]
