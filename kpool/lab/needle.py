"""A needle in a sequence: few steps matter, and it is their mean that does."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset, labelled
from kpool.parameters import Between

DRAWING_SEED = 0


def needle(
    signal: Annotated[int, Between(1, 4096)] = 4,
    steps: Annotated[int, Between(1, 4096)] = 64,
    features: Annotated[int, Between(2, 4096)] = 8,
    examples: Annotated[int, Between(100, 1_000_000)] = 3000,
) -> Dataset:
    """Sequences of normal noise in which `signal` steps, at random places, are marked: (examples, steps, features).

    The first feature is 1 on the marked steps and 0 on the others, the rest are drawn from N(0, 1) on all. The class is
    the sign of the second feature's mean over the marked steps. So a classifier of the plain mean over all steps, were
    it trained on endless examples, would be right with probability ½ + arcsin(√(signal/steps))/π.

    Args:
        signal: The number of marked steps. The share signal/steps is the signal-to-noise ratio.
        steps: All of them.
        features: Of each step.
        examples: Three in five are to learn from.

    Raises:
        KpoolError: `signal` is more than `steps`.

    Source: after Brothers 2025, arXiv:2506.09215 (AdaPool), whose signal is the nearest neighbours of one vector, and
        whose task is to give their mean; here they are marked, and the mean's sign is what a classifier can give.
    """
    if signal > steps:
        raise KpoolError(f"needle: signal is {signal} and steps is {steps}; no more steps can be marked than there are")
    random = np.random.default_rng(DRAWING_SEED)
    x = random.normal(size=(examples, steps, features)).astype(np.float32)
    marked = random.random((examples, steps)).argsort(axis=1) < signal
    x[..., 0] = marked
    y = np.sum(x[..., 1] * marked, axis=1) > 0
    return labelled("needle", x, y.astype(int), named=("negative", "positive").__getitem__)
