"""Products with a matrix."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from keras import ops

from kpool.ops.safe import where_expanded
from kpool.ops.sums import sum_steps
from kpool.ops.tensors import Tensor, ceil_divide, is_fused, product, reshape, shape_unknown
from kpool.ops.vectors import split_heads

_NARROW = 4
"""So many columns at most are as fast one by one."""


def matmul(x: Tensor, w: Tensor) -> Tensor:
    """x w: (…, m) and (m, n) -> (…, n), as one product of two matrices; batched where w is a batch of its own.

    TensorFlow's own, with `@` or `keras.ops.matmul`, corrupts memory for (batch, 1, steps, m) and (m, 1) (2.21, CPU).
    """
    return ops.matmul(x, w) if _as_it_is(x, w) else _flat(x, w, (ops.shape(w)[1],))


def cleared(x: Tensor, counted: Tensor | None) -> Tensor:
    """`x`, and 0 where it does not count; what `matmul` makes of it under XLA stores no such copy."""
    clear = where_expanded(counted, x, 0.0)
    if counted is not None and is_fused():
        clear._cleared_of = x, counted
    return clear


def matmul_heads(x: Tensor, w: Tensor, heads: int) -> Tensor:
    """The same, split: (…, m) and (m, heads · n) -> (…, heads, n).

    In one reshape: two in a row tf2onnx (1.17) joins to one of other lengths, where lengths are unknown.
    """
    return split_heads(ops.matmul(x, w), heads) if _as_it_is(x, w) else _flat(x, w, (heads, w.shape[1] // heads))


def matmul_in_parts(x: Tensor, w: Tensor, parts: int = 8) -> Tensor:
    """The same as a sum of so many products, each of a part of the features: for scores that e is raised to.

    A sum in parts is rounded at smaller numbers: of 64 features it has half the error.
    """
    step = ceil_divide(w.shape[0], parts)
    return sum(matmul(x[..., i : i + step], w[i : i + step, :]) for i in range(0, w.shape[0], step))


def contract(equation: str, x: Tensor, w: Tensor) -> Tensor:
    """An einsum of each element with weights, as "hd,chd->ch": (…, h, d), (c, h, d) -> (…, c, h).

    The leading axes are made one, n: for a "…" TensorFlow's gradient of w (2.21) is made of each element by itself,
    and only then summed.
    """
    axes, rest, answer = re.fullmatch(r"(\w+),(\w+)->(\w+)", equation).groups()  # type: ignore[union-attr]
    lengths = ops.shape(x)
    leading, own = lengths[: -len(axes)], lengths[-len(axes) :]
    if shape_unknown(x, *range(len(lengths))):
        return ops.einsum(f"...{axes},{rest}->...{answer}", x, w)
    y = ops.einsum(f"n{axes},{rest}->n{answer}", reshape(x, (product(leading), *own)), w)
    return reshape(y, (*leading, *ops.shape(y)[1:]))


def pull_back(q: Tensor, W: Tensor) -> Tensor:  # noqa: N803 (a matrix)
    """u with xᵀ u = (W x)ᵀ q / √d, head by head, so that one query needs no keys.

    (…, heads, d), (features, heads · d) -> (…, features, heads)
    """
    heads, d = q.shape[-2:]
    return contract("hd,chd->ch", q, split_heads(W, heads)) / math.sqrt(d)


def _as_it_is(x: Tensor, w: Tensor) -> bool:
    return len(w.shape) > 2 or len(x.shape) == 2 or shape_unknown(x, *range(len(x.shape)))


def _flat(x: Tensor, w: Tensor, columns: tuple[int, ...]) -> Tensor:
    *leading, width = ops.shape(x)
    rows = reshape(x, (product(leading), width))
    return reshape(_fused(rows, w) if is_fused() else ops.matmul(rows, w), (*leading, *columns))


def _fused(x: Tensor, w: Tensor) -> Tensor:
    """The product of two matrices under XLA."""
    if w.shape[1] is not None and w.shape[1] <= _NARROW:
        return _told(x, w)
    former = _former(x)
    return ops.matmul(x, w) if former is None else _uncopied(x, w, *former)


def _uncopied(x: Tensor, w: Tensor, whole: Tensor, counted: Tensor) -> Tensor:
    """The same by the product of what `x` was cleared of: a row's depends on no other row."""

    @ops.custom_gradient
    def told(x: Tensor, w: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            return ops.matmul(upstream, ops.transpose(w)), ops.matmul(ops.transpose(x), upstream)

        return where_expanded(reshape(counted, (-1,)), ops.matmul(reshape(whole, ops.shape(x)), w), 0.0), gradient

    return told(x, ops.convert_to_tensor(w))


def _former(x: Tensor) -> tuple[Tensor, Tensor] | None:
    """What `x` was cleared of, and where that counts: rows in the same order, if not of the same layout."""
    while not hasattr(x, "_cleared_of"):
        if x.op.type != "Reshape" or x.op.inputs[0].shape[-1] != x.shape[-1]:
            return None
        x = x.op.inputs[0]
    return x._cleared_of  # type: ignore[no-any-return]


def _told(x: Tensor, w: Tensor) -> Tensor:
    """The same with its gradients in loops: for products with a matrix XLA would store x once more, masked."""

    @ops.custom_gradient
    def told(x: Tensor, w: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            columns = [upstream[:, i : i + 1] for i in range(w.shape[1])]
            of_x = sum(column * w[:, i] for i, column in enumerate(columns))
            return of_x, ops.stack([sum_steps(x * column, 0) for column in columns], axis=1)

        return ops.matmul(x, w), gradient

    return told(x, w)
