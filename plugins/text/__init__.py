"""The text family: tokens, and the layers of a language model."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "layer_mean", "kpool_plugins.text.layer_mean:LayerMeanPooling", "A learned average of a network's layers."
        ),
        Component(
            "splade",
            "kpool_plugins.text.splade:SpladePooling",
            "A sparse vector over a vocabulary: the strongest of what the tokens say.",
        ),
    ]
