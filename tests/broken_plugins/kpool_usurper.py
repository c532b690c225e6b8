"""conflict: it takes a built-in's name; its other component stays."""

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies():
    return [
        Component("mean", "kpool_acme.layers:GeometricMeanPooling", "Never seen."),
        Component("sibling", "kpool_acme.layers:GeometricMeanPooling", "In nobody's way."),
    ]
