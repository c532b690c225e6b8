"""A file of a lowered model, compared with the model before it is put in its place."""

from __future__ import annotations

from pathlib import Path

import keras

from kpool.answers import drawn_inputs, models_apart
from kpool.errors import KpoolError
from kpool.files import replacing
from kpool.lowering import lower
from kpool.saving import load_model, save_model


def write(source: Path, path: Path, tolerance: float) -> float:
    """Lower the model of the file `source` into the file `path`.

    Returns:
        The largest difference of an answer, as a share of the largest number in it, over inputs of two sizes.

    Raises:
        KpoolError: it cannot be lowered, or answers something else; nothing is written.
    """
    model = load_model(source)
    lowered = lower(model)
    with replacing(path) as aside:
        save_model(lowered, aside)
        loaded = keras.models.load_model(aside)
        difference = models_apart(loaded, model, drawn_inputs(model))
        if not difference <= tolerance:
            raise KpoolError(
                f"lowered it answers something else: by {difference:.2g} of the largest number, {tolerance:g} allowed; "
                "nothing was written. Allow more with --tolerance, or check the model in float32"
            )
    return difference
