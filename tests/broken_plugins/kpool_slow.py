"""ok: but it takes its time."""

import time

from kpool import Component, hookimpl

time.sleep(0.3)


@hookimpl
def kpool_strategies():
    return [Component("late", "kpool_acme.layers:GeometricMeanPooling", "Worth waiting for.")]
