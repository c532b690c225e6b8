"""The sets family: sets and graphs."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component(
            "deep_sets",
            "kpool_plugins.sets.deep_sets:DeepSetsPooling",
            "A sum of features of the elements, and a network behind it.",
        ),
        Component(
            "degree_scaler",
            "kpool_plugins.sets.degree_scaler:DegreeScalerPooling",
            "Mean, max, min and deviation, each scaled by the bag's size.",
        ),
        Component("gru", "kpool_plugins.sets.gru:GRUPooling", "The last state of a gated recurrent network."),
        Component(
            "lstm", "kpool_plugins.sets.lstm:LSTMPooling", "The last output of a recurrent network with a memory."
        ),
        Component(
            "set2set",
            "kpool_plugins.sets.set2set:Set2SetPooling",
            "A query that a recurrent network asks of the set again and again.",
        ),
    ]
