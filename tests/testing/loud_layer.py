"""A layer whose module changes the environment."""

from __future__ import annotations

import os

import kpool
from kpool.ops import Tensor
from kpool.reductions import Mean

os.environ["KPOOL_TEST_LOUD_LAYER"] = f"was here, in {os.getpid()}"


class Loud(kpool.Pooling, name="loud"):
    def lift(self, x: Tensor) -> Mean:
        return Mean(x)
