"""Safe numerics, once: what every reduction and strategy relies on, written in keras.ops."""

from __future__ import annotations

from kpool.ops.matrices import matmul
from kpool.ops.places import largest, take
from kpool.ops.resampling import resample
from kpool.ops.safe import divide, expand, expm1, finite_or_zero, log, log1p, power, sqrt, where_expanded
from kpool.ops.tensors import Tensor, accumulator, as_real, is_concrete, is_ragged, padded, require, row_mask
from kpool.ops.vectors import divisible, gelu, layer_norm, merge_heads, pull_back, split_heads, unit

__all__ = [
    "Tensor",
    "accumulator",
    "as_real",
    "divide",
    "divisible",
    "expand",
    "expm1",
    "finite_or_zero",
    "gelu",
    "is_concrete",
    "is_ragged",
    "largest",
    "layer_norm",
    "log",
    "log1p",
    "matmul",
    "merge_heads",
    "padded",
    "power",
    "pull_back",
    "require",
    "resample",
    "row_mask",
    "split_heads",
    "sqrt",
    "take",
    "unit",
    "where_expanded",
]
