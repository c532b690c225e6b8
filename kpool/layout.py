"""Where the positions and the features stand in a shape."""

from __future__ import annotations

from kpool.errors import KpoolError

Shape = tuple[int | None, ...]


def channels_last(shape: Shape, data_format: str, owner: str) -> Shape:
    """The shape of an input with its features last.

    Raises:
        KpoolError: it is not (batch, one to three position axes, features).
    """
    if not 3 <= len(shape) <= 5:
        raise KpoolError(
            f"{owner} pools (batch, steps, features), (batch, rows, cols, features) or (batch, d, h, w, features); "
            f"it was given shape {tuple(shape)}"
            + ("; if a pool stands before it, that left nothing to pool" if len(shape) == 2 else "")
        )
    return (shape[0], *shape[2:], shape[1]) if data_format == "channels_first" else tuple(shape)
