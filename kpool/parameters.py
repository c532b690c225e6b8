"""The words with which an init argument says what it may be; light, so that a spec is checked without Keras."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types


class Role(Enum):
    """An argument that is itself a spec."""

    REGION = "region"
    BRANCH = "branch"


@dataclass(frozen=True)
class Parameter:
    """One argument: its name, what it may be, and its value when nothing is said.

    `default` is `inspect.Parameter.empty` where a value must be given. `variadic` is "", "*" or "**".
    """

    name: str
    annotation: Any
    default: Any = inspect.Parameter.empty
    variadic: str = ""
    keyword_only: bool = False

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty and not self.variadic

    @property
    def role(self) -> Role | None:
        """Whether the argument is itself a spec: a region or a branch."""
        parts = (part for part in (self.annotation, *get_args(self.annotation)) if get_origin(part) is Annotated)
        return next((extra for part in parts for extra in part.__metadata__ if isinstance(extra, Role)), None)


Signature = Mapping[str, Parameter]
"""A component's parameters by name, in order."""


def Between(low: float, high: float) -> annotated_types.Interval:  # noqa: N802 (reads as a type does)
    """A closed interval: `Annotated[float, Between(1, 64)]`."""
    return annotated_types.Interval(ge=low, le=high)


Count = Annotated[int, annotated_types.Ge(1)]
Positive = Annotated[float, annotated_types.Gt(0)]
Fraction = Annotated[float, Between(0, 1)]

RegionSpec = Annotated[Any, Role.REGION]
"""A region: a spec such as `"window(2)"`, or a `kpool.region.base.Region`."""

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
