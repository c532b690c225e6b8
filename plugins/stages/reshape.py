"""The same numbers in another layout."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from annotated_types import MinLen

from kpool.errors import SpecError


def reshape(
    shape: Annotated[list[int], MinLen(1)],
    **kwargs: Any,
) -> keras.layers.Layer:
    """The same numbers in another layout, without a mask: which of the new places counts is not known.

    Args:
        shape: The lengths of the axes behind the batch; one may be −1, and is what is left.

    Shape: (batch, …) -> (batch, *shape)
    Raises: SpecError for a length that is neither −1 nor 1 or more, or for a second −1.
    """
    if any(length < 1 and length != -1 for length in shape) or list(shape).count(-1) > 1:
        raise SpecError(f"reshape: shape must hold lengths of 1 or more, and −1 at most once, not {list(shape)}")
    return keras.layers.Reshape(tuple(shape), **kwargs)
