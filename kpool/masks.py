"""What may be said of which elements count, and the refusal of all that looks like a mask and is none."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import keras
from keras import ops as kops

from kpool import ops
from kpool.errors import MaskError
from kpool.ops import Tensor

Shape = Sequence[int | None]


def check_shape(mask_shape: Shape, positions: Shape, what: str) -> None:
    """Refuse a mask or weights that do not have one value for every element.

    Args:
        mask_shape: The shape given.
        positions: The input's shape without its features: (batch, steps) or (batch, rows, cols).
    """
    fits = len(mask_shape) == len(positions) and all(
        m is None or p is None or m == p for m, p in zip(mask_shape, positions, strict=True)
    )
    if not fits:
        raise MaskError(
            f"{what} of shape {_shown(mask_shape)} for elements laid out {_shown(positions)}: "
            f"give one value for each element, {what} of shape {_shown(positions)}{_hint(mask_shape, positions)}"
        )


def check_shapes(positions: Shape, **given: Tensor | None) -> None:
    """The same for whatever of mask and weights is given, by name."""
    for what, x in given.items():
        if x is not None:
            check_shape(x.shape, positions, what)


def check_lengths(elements: Tensor, **given: Tensor | None) -> None:
    """The same for lengths that a graph knows only when it runs: there, a length of 1 would silently be repeated."""
    for what, x in given.items():
        for axis, lengths in enumerate(zip(() if x is None else x.shape, elements.shape, strict=False)):
            if None in lengths:
                same = kops.shape(x)[axis] == kops.shape(elements)[axis]
                says = f"{what}: axis {axis} has another length than in the input; give one value for each element"
                ops.require(same, MaskError, says)


def at_door(x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """An input without ragged rows, and the mask of what counts in it.

    That is the mask passed, or else the one Keras attached to the input, which it hands on by itself only where the
    input is the one tensor that a layer is called with (3.15.1). Of a `tf.RaggedTensor`, only its rows can count.

    Raises:
        MaskError: it is ragged otherwise than (batch, None, features).
    """
    mask = ops.padded(getattr(x, "_keras_mask", None) if mask is None else mask)
    if not ops.is_ragged(x):
        return x, mask
    if (x.shape.rank, x.ragged_rank) != (3, 1):
        raise MaskError(
            f"a ragged input is (batch, None, features), and its steps alone are ragged, not {_shown(x.shape)}: "
            "pass inputs.to_tensor() and mask=tf.ones_like(inputs[..., 0], 'bool').to_tensor()"
        )
    rows = ops.row_mask(x)
    if mask is not None:
        check_shape(mask.shape, rows.shape, "mask")
        rows = kops.logical_and(rows, as_counted(mask))
    return ops.padded(x), rows


def attach(x: Tensor, mask: Tensor) -> None:
    """Put Keras's implicit mask on an answer, where `compute_mask` cannot know it; some backends' tensors take none."""
    with contextlib.suppress(AttributeError):
        x._keras_mask = mask


def missing(owner: str) -> MaskError:
    """What to raise where `require_mask` is set and no mask arrived."""
    return MaskError(
        f"{owner}(require_mask=true) was given no mask: a layer before it dropped it (any operator does, as x * 1.0), "
        "or there was none; pass mask= to this layer"
    )


def counting(mask: Tensor | None, weights: Tensor | None, dtype: str) -> tuple[Tensor | None, Tensor | None]:
    """Which elements count, as bool, and how often, in `dtype`; None where all do, and once."""
    counted = None if mask is None else as_counted(kops.convert_to_tensor(mask))
    if weights is None:
        return counted, None
    weights = as_weights(weights, dtype)
    return weights > 0 if counted is None else kops.logical_and(counted, weights > 0), weights


def as_counted(mask: Tensor) -> Tensor:
    """A mask as bool. A float or integer mask must hold nothing but 0 and 1.

    Raises:
        MaskError: for an additive mask (0 and −10⁹), soft weights, NaN; at once where the values are at hand.
    """
    if keras.backend.standardize_dtype(mask.dtype) == "bool":
        return mask
    ops.require(
        kops.logical_or(kops.equal(mask, 0), kops.equal(mask, 1)),
        MaskError,
        f"mask of dtype {keras.backend.standardize_dtype(mask.dtype)} holds values other than 0 and 1: a mask says "
        "whether an element counts (True or 1) or not (False or 0). For an additive mask pass mask=(additive == 0), "
        "for soft weights pass weights=",
    )
    return kops.equal(
        mask, 1
    )  # not != 0: where XLA has dropped the check, an additive mask then counts nothing, not the padding


def as_weights(weights: Tensor, dtype: str) -> Tensor:
    """Soft weights in `dtype`: finite and not negative.

    Raises:
        MaskError: at once where the values are at hand.
    """
    weights = kops.cast(weights, dtype)
    ops.require(
        kops.logical_and(weights >= 0, kops.isfinite(weights)),
        MaskError,
        "weights hold negative or infinite values or NaN: an element's weight is how often it counts, 0 or more",
    )
    return weights


def _shown(shape: Shape) -> str:
    return f"({', '.join('None' if length is None else str(length) for length in shape)})"


def _hint(mask_shape: Shape, positions: Shape) -> str:
    if len(mask_shape) == len(positions) + 1 and mask_shape[-1] in (1, None):
        return "; take its last axis away with mask[..., 0]"
    if len(mask_shape) > len(positions):
        return "; an attention mask (batch, …, query, key) is no padding mask, take the row that says which keys exist"
    if len(mask_shape) == len(positions) and mask_shape[-1] not in (1, None, positions[-1]):
        return "; if a layer changed the number of steps, its mask must be shortened in the same way"
    return ""
