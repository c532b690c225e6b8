"""The attention family: averages whose weights are learned."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "attention",
            "kpool_plugins.attention.attention:AttentionPooling",
            "Average with weights from a small network.",
        ),
        Component(
            "dot_attention",
            "kpool_plugins.attention.dot_attention:DotAttentionPooling",
            "Average with weights from learned queries.",
        ),
        Component(
            "gated_attention",
            "kpool_plugins.attention.gated_attention:GatedAttentionPooling",
            "Average with weights from a small gated network.",
        ),
    ]
