"""The words with which an init argument says what it may be; light, so that a spec is checked without Keras."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import annotated_types


class Role(Enum):
    """An argument that is itself a spec."""

    REGION = "region"
    BRANCH = "branch"


def Between(low: float, high: float) -> annotated_types.Interval:  # noqa: N802 (reads as a type does)
    """A closed interval: `Annotated[float, Between(1, 64)]`."""
    return annotated_types.Interval(ge=low, le=high)


Count = Annotated[int, annotated_types.Ge(1)]
Positive = Annotated[float, annotated_types.Gt(0)]
Fraction = Annotated[float, Between(0, 1)]

RegionSpec = Annotated[Any, Role.REGION]
"""A region: a spec such as `"window(2)"`, or a `kpool.region.Region`."""

Branch = Annotated[Any, Role.BRANCH]
"""A pipe of its own, as in `concat(mean, gem | l2_norm)`."""

Activation = Literal[
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid",
    "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "swish", "tanh", "tanh_shrink",
]  # fmt: skip
"""Keras's activations by name; a test holds the list to Keras's own.

Left out: `glu`, which halves the features without its layer's output shape saying so, and `threshold`, which cannot
do without arguments of its own.
"""
