"""Keeps a learned number where its formula holds."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

from kpool.ops import Tensor


class Within(keras.constraints.Constraint):
    """Puts a weight back into [low, high] after every update."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, w: Tensor) -> Tensor:
        return kops.clip(w, self.low, self.high)

    def get_config(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high}
