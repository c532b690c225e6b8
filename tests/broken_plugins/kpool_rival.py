"""ok: it has a name that acme has too; only the short name is ambiguous."""

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies():
    return [Component("geometric_mean", "kpool_acme.layers:GeometricMeanPooling", "Another one.")]
