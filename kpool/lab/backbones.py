"""What stands before a head: nothing, a small convolutional network, or a model from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
from keras import layers

import kpool
from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset

NONE, CONV = "none", "conv"
LARGEST_GRID = 16


def check(name: str, dataset: Dataset) -> None:
    """Make sure that a backbone can take this data set.

    Raises:
        KpoolError: it cannot; the message says what it takes.
    """
    if name == NONE:
        return
    if dataset.mask is not None:
        raise KpoolError(f"{dataset.name} has a mask, which means nothing after a backbone; use --backbone none")
    if name == CONV and dataset.x.ndim != 4:
        raise KpoolError(
            f"--backbone conv takes images, (examples, rows, cols, channels), not {dataset.x.shape};"
            " use --backbone none"
        )
    if name != CONV:
        _check_model(name, _load(name), dataset)


def fingerprint(name: str) -> str:
    """What tells one backbone from another: its name, and the content of its file."""
    if name in (NONE, CONV):
        return name
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]


def features(name: str, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """The elements that a head pools: (batch, ..., features)."""
    if name == NONE:
        return inputs
    if name == CONV:
        return _conv(inputs)
    model = _load(name)
    model.trainable = False
    return model(inputs)


def _conv(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Three convolutions, each halving a grid of more than 16 × 16: enough is left to pool."""
    x = inputs
    for filters in (16, 32, 32):
        strides = 2 if max(x.shape[1:3]) > LARGEST_GRID else 1
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        # Keras's momentum of 0.99 needs thousands of steps before prediction matches training.
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    return x


def _load(name: str) -> Any:
    path = Path(name)
    if path.suffix != ".keras" or not path.is_file():
        raise KpoolError(f"no backbone {name!r}; give none, conv or the path of a .keras file")
    try:
        return kpool.load_model(path)
    except KpoolError:
        raise
    except (OSError, TypeError, ValueError) as error:
        raise KpoolError(f"{name} cannot be loaded: {error}") from error


def _check_model(name: str, model: Any, dataset: Dataset) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise KpoolError(
            f"{name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; it must have one each"
        )
    takes, gives, given = model.inputs[0].shape[1:], model.outputs[0].shape, dataset.x.shape[1:]
    if len(takes) != len(given) or any(t not in (None, g) for t, g in zip(takes, given, strict=True)):
        raise KpoolError(f"{name} takes examples of shape {takes}; those of {dataset.name} have {given}")
    if len(gives) < 3:
        raise KpoolError(
            f"{name} gives {gives}, with nothing left to pool; save it without its own pooling and classifier"
        )
