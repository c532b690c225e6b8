"""Writes the README's table of what Keras's pooling layers and kpool's answer to masks, by asking both.

python docs/masks_table.py            rewrites the table in README.md
python docs/masks_table.py --check    exits with 1 if README.md says something else
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import readme

import kpool


@dataclass(frozen=True)
class Case:
    """One question to both: what is asked, the right answer, and who is asked."""

    question: str
    right: str
    keras: Callable[[], Any]
    kpool: Callable[[], Any]


def column(*values: float) -> np.ndarray[Any, Any]:
    """One example of one feature: (1, steps, 1)."""
    return np.array(values, "float32").reshape(1, -1, 1)


def masked(*values: float) -> Any:
    """The same behind `Masking(0)`: the zeros are padding."""
    return keras.layers.Masking(0.0)(column(*values))


def mask(*values: float, dtype: str = "bool") -> np.ndarray[Any, Any]:
    return np.array([values], dtype)


HALF = np.full((1, 2048, 1), 40.0, "float16")
average, pool = keras.layers.GlobalAveragePooling1D, kpool.pool

CASES = [
    Case(
        "global max of −1, −2, padding",
        "−1",
        lambda: keras.layers.GlobalMaxPooling1D()(masked(-1, -2, 0)),
        lambda: pool("max")(masked(-1, -2, 0)),
    ),
    Case(
        "max over a window: −1, −2, padding",
        "−1",
        lambda: keras.layers.MaxPooling1D(3)(masked(-1, -2, 0)),
        lambda: pool("max(over=window(3))")(masked(-1, -2, 0)),
    ),
    Case(
        "mean over a window: 3, 3, padding",
        "3",
        lambda: keras.layers.AveragePooling1D(3)(masked(3, 3, 0)),
        lambda: pool("mean(over=window(3))")(masked(3, 3, 0)),
    ),
    Case(
        "mean of a row that is all padding",
        "defined",
        lambda: average()(masked(0, 0, 0)),
        lambda: pool("mean")(masked(0, 0, 0)),
    ),
    Case(
        "mean of 2,048 float16 forties, masked",
        "40",
        lambda: average(dtype="float16")(HALF, mask=np.ones((1, 2048), "bool")),
        lambda: type(pool("mean"))(dtype="float16")(HALF, mask=np.ones((1, 2048), "bool")),
    ),
    Case(
        "mean of 1, 2, 100 with an additive mask (0, 0, −10⁹)",
        "1.5 or an error",
        lambda: average()(column(1, 2, 100), mask=mask(0, 0, -1e9, dtype="float32")),
        lambda: pool("mean")(column(1, 2, 100), mask=mask(0, 0, -1e9, dtype="float32")),
    ),
    Case(
        "mean of 1, 2, 100 with a mask of shape (batch, 1)",
        "an error",
        lambda: average()(column(1, 2, 100), mask=mask(1)),
        lambda: pool("mean")(column(1, 2, 100), mask=mask(1)),
    ),
    Case(
        "mean of 1, 4, 100 with soft weights ¾, ¼, 0 as mask",
        "1.75 or an error",
        lambda: average()(column(1, 4, 100), mask=mask(0.75, 0.25, 0, dtype="float32")),
        lambda: pool("mean")(column(1, 4, 100), mask=mask(0.75, 0.25, 0, dtype="float32")),
    ),
    Case(
        "the same with `weights=`",
        "1.75",
        lambda: average()(column(1, 4, 100), weights=mask(0.75, 0.25, 0, dtype="float32")),
        lambda: pool("mean")(column(1, 4, 100), weights=mask(0.75, 0.25, 0, dtype="float32")),
    ),
    Case(
        "mean of 3, 3, padding after `x * 1.0`, which drops the mask",
        "3 or an error",
        lambda: average()(masked(3, 3, 0) * 1.0),
        lambda: pool("mean(require_mask=true)")(masked(3, 3, 0) * 1.0),
    ),
]


def answer(ask: Callable[[], Any]) -> str:
    """What comes back: the number, or the name of the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(keras.ops.convert_to_numpy(ask()).ravel()[0])
        except (ValueError, TypeError) as error:
            return f"`{type(error).__name__}`"
    return f"{value:.4g}".replace("-", "−")


def table() -> str:
    """The table in Markdown."""
    rows = [f"| {c.question} | {c.right} | {answer(c.keras)} | {answer(c.kpool)} |" for c in CASES]
    title = f"| asked for | right | Keras {keras.__version__} | kpool {kpool.__version__} |"
    return "\n".join([title, "| --- | --- | --- | --- |", *rows])


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(readme.part("masks_table") != table())
    readme.write("masks_table", table())
