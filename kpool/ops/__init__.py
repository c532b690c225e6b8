"""Safe numerics, once: what every reduction and strategy relies on, written in keras.ops."""

from __future__ import annotations

from kpool.ops.matrices import matmul, matmul_in_parts
from kpool.ops.places import first_greatest, largest, take
from kpool.ops.resampling import binomial, resample
from kpool.ops.safe import (
    divide,
    expand,
    expm1,
    finite_or_zero,
    is_whole,
    log,
    log1p,
    power,
    root,
    sqrt,
    where_expanded,
)
from kpool.ops.tensors import (
    Tensor,
    accumulator,
    again,
    as_complex,
    as_real,
    as_whole,
    is_concrete,
    is_fused,
    is_ragged,
    noting_checks,
    padded,
    require,
    row_mask,
)
from kpool.ops.vectors import divisible, gelu, layer_norm, merge_heads, pull_back, softmax, split_heads, unit

__all__ = [
    "Tensor",
    "accumulator",
    "again",
    "as_complex",
    "as_real",
    "as_whole",
    "binomial",
    "divide",
    "divisible",
    "expand",
    "expm1",
    "finite_or_zero",
    "first_greatest",
    "gelu",
    "is_concrete",
    "is_fused",
    "is_ragged",
    "is_whole",
    "largest",
    "layer_norm",
    "log",
    "log1p",
    "matmul",
    "matmul_in_parts",
    "merge_heads",
    "noting_checks",
    "padded",
    "power",
    "pull_back",
    "require",
    "resample",
    "root",
    "row_mask",
    "softmax",
    "split_heads",
    "sqrt",
    "take",
    "unit",
    "where_expanded",
]
