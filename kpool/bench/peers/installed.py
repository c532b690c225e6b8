"""What other libraries have for the same work, in their modes; those that are installed."""

from __future__ import annotations

import importlib.util

from kpool.bench.peers import layers
from kpool.bench.run import Run
from kpool.bench.work import Work
from kpool.pooling import Pooling


def peers(work: Work, layer: Pooling, what: str) -> dict[str, Run]:
    """A run for each library and mode, forward or with gradients."""
    found = layers.runs(work, layer, what)
    if importlib.util.find_spec("torch") is not None:
        from kpool.bench.peers import pytorch

        found |= pytorch.runs(work, layer, what)
    return found
