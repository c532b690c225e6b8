"""bad_hook: a generator that raises after its first component."""

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies():
    yield Component("half", "kpool_acme.layers:GeometricMeanPooling", "Never seen.")
    raise RuntimeError("half-way")
