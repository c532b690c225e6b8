"""The audio family: statistics of frames, for speakers and sound events."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "attention_softmax",
            "kpool_plugins.audio.attention_softmax:AttentionSoftmaxPooling",
            "Average of each class's probabilities, with learned weights.",
        ),
        Component(
            "attentive_stats",
            "kpool_plugins.audio.attentive_stats:AttentiveStatsPooling",
            "Mean and standard deviation with weights from a small network.",
        ),
        Component(
            "auto_pool",
            "kpool_plugins.audio.auto_pool:AutoPooling",
            "Average weighted by the softmax of the values, as sharp as each feature learns.",
        ),
        Component(
            "ecapa",
            "kpool_plugins.audio.ecapa:ECAPAPooling",
            "Mean and standard deviation, each feature with weights that know the whole bag.",
        ),
        Component(
            "exp_softmax",
            "kpool_plugins.audio.exp_softmax:ExpSoftmaxPooling",
            "Average of probabilities weighted by their exponentials.",
        ),
        Component(
            "lde",
            "kpool_plugins.audio.lde:LDEPooling",
            "Residuals to a learned dictionary, averaged: learnable dictionary encoding.",
        ),
        Component(
            "linear_softmax",
            "kpool_plugins.audio.linear_softmax:LinearSoftmaxPooling",
            "Average of probabilities weighted by themselves.",
        ),
        Component(
            "multi_head_stats",
            "kpool_plugins.audio.multi_head_stats:MultiHeadStatsPooling",
            "Mean and standard deviation of each group of features, with weights of its own.",
        ),
    ]
