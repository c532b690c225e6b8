"""Exporting a model, compared with what it was before anything is put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kpool.answers import answers, apart, drawn_inputs
from kpool.errors import KpoolError
from kpool.exported import FORMATS, Format
from kpool.files import replacing, replacing_folder


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        path: Where.
        format: As Keras names it: tf_saved_model, litert or onnx.
        shapes: The shapes of the inputs at which it was compared with the model.
        difference: The largest difference of an answer, as a share of the largest number in it.
    """

    path: Path
    format: str
    shapes: tuple[tuple[tuple[int, ...], ...], ...]
    difference: float


def export(
    model: keras.Model,
    path: str | Path,
    format: str | None = None,
    *,
    samples: Sequence[Sequence[Any]] | None = None,
    tolerance: float = 1e-6,
) -> Export:
    """Write a model for where there is no Keras: a SavedModel, LiteRT of built-in operations only, or ONNX.

    It is written aside, run there on random input of two sizes, masks included, and takes the place of `path` only if
    it answers as the model does.

    Args:
        model: A Functional or Sequential Keras model.
        path: Where to: `.tflite` for LiteRT, `.onnx` for ONNX, a folder for a SavedModel.
        format: tf_saved_model, litert or onnx; by the path's extension if not given.
        samples: Inputs to compare on, each the list of what the model's inputs are given. Drawn if not given: numbers
            from a normal distribution, whole ones 0 or 1, three of four True.
        tolerance: The largest difference allowed, as a share of the largest number of an answer.

    Raises:
        KpoolError: a strategy does not export to the format, a package is missing, the export fails or answers
            something else; the message says which, and nothing is written.
    """
    path, kept = Path(path), _format(Path(path), format)
    _check_declared(model, kept)
    given = [[np.asarray(x) for x in sample] for sample in samples] if samples else drawn_inputs(model)
    expected = [answers(model, arrays) for arrays in given]  # first: Keras (3.15.1) exports to ONNX what was called
    place = replacing(path) if kept.suffix else replacing_folder(path, "saved_model.pb")
    with place as aside:
        kept.export(model, aside)
        difference = max(
            apart(kept.answers(aside, model, arrays), right) for arrays, right in zip(given, expected, strict=True)
        )
        if not difference <= tolerance:
            raise KpoolError(
                f"exported to {kept.name} it answers something else: by {difference:.2g} of the largest number, "
                f"{tolerance:g} allowed; nothing was written. Allow more with tolerance=, or check the model in float32"
            )
    shapes = tuple(tuple(tuple(array.shape) for array in arrays) for arrays in given)
    return Export(path, kept.name, shapes, difference)


def _format(path: Path, name: str | None) -> Format:
    if name is not None and name not in FORMATS:
        raise KpoolError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    by_suffix = {each.suffix: each for each in FORMATS.values()}
    found = FORMATS[name] if name else by_suffix.get(path.suffix, by_suffix[""])
    if found.suffix and path.suffix != found.suffix:
        raise KpoolError(f"a file of format {found.name} ends in {found.suffix}, not as {path.name!r}")
    if found.missing():
        raise KpoolError(f'{found.name} needs {", ".join(found.missing())}: python -m pip install "kpool[export]"')
    return found


def _check_declared(model: keras.Model, kept: Format) -> None:
    """Strategies say where they export to; others are tried."""
    if not getattr(model, "inputs", None):
        raise KpoolError(
            f"{type(model).__name__} has no known inputs; export a Functional model, or a Sequential one that is built"
        )
    for layer in model._flatten_layers():
        declared = getattr(layer, "exports", None)
        if declared is not None and kept.name not in declared:
            elsewhere = f"it exports to {', '.join(declared)}" if declared else "it exports to nothing"
            raise KpoolError(f"{layer.strategy_name} does not export to {kept.name}; {elsewhere}")
