"""duplicate: two distributions have a plugin of the id `twin`."""

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies():
    return [Component("two", "kpool_acme.layers:GeometricMeanPooling", "Never seen.")]
