"""The regions kpool brings, one file each."""

from __future__ import annotations

from kpool.hookspecs import Component, hookimpl


@hookimpl
def kpool_regions() -> list[Component]:
    return [
        Component("everything", "kpool.region.everything:Everything", "The whole input is one bag."),
        Component("window", "kpool.region.window:Window", "Sliding windows, as in a local pooling layer."),
    ]
