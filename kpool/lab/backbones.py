"""What stands before a head: nothing, a small network, or a model from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
from keras import layers
from keras import ops as kops

import kpool
from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset

NONE, MLP, CONV, CYCLIC = "none", "mlp", "conv", "cyclic_conv"
LARGEST_GRID = 16


def check(name: str, dataset: Dataset) -> None:
    """Make sure that a backbone can take this data set.

    Raises:
        KpoolError: it cannot; the message says what it takes.
    """
    if name in (NONE, MLP):
        return
    if dataset.mask is not None:
        raise KpoolError(
            f"{dataset.name} has a mask, which means nothing after a backbone that mixes elements;"
            " use --backbone none or mlp"
        )
    if name in (CONV, CYCLIC) and dataset.x.ndim != 4:
        raise KpoolError(
            f"--backbone {name} takes images, (examples, rows, cols, channels), not {dataset.x.shape};"
            " use --backbone none or mlp"
        )
    if name not in (CONV, CYCLIC):
        _check_model(name, _load(name), dataset)


def fingerprint(name: str) -> str:
    """What tells one backbone from another: its name, and the content of its file."""
    if name in (NONE, MLP, CONV, CYCLIC):
        return name
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]


def features(name: str, inputs: keras.KerasTensor, mask: keras.KerasTensor | None = None) -> keras.KerasTensor:
    """The elements that a head pools: (batch, ..., features)."""
    if name == NONE:
        return inputs
    if name == MLP:
        return _mlp(inputs, mask)
    if name in (CONV, CYCLIC):
        return _conv(inputs, cyclic=name == CYCLIC)
    model = _load(name)
    model.trainable = False
    return model(inputs)


def _mlp(inputs: keras.KerasTensor, mask: keras.KerasTensor | None) -> keras.KerasTensor:
    """The same two dense layers for each element by itself."""
    x = inputs
    if mask is not None:  # what does not count may be NaN, and would be in the kernels' gradients
        x = kops.where(kops.expand_dims(mask, -1), x, 0.0)
    for units in (64, 32):
        x = layers.Dense(units, activation="relu")(x)
    return x


def _conv(inputs: keras.KerasTensor, cyclic: bool) -> keras.KerasTensor:
    """Three convolutions, each halving a grid of more than 16 × 16: enough is left to pool."""
    x = inputs
    for filters in (16, 32, 32):
        strides = 2 if max(x.shape[1:3]) > LARGEST_GRID else 1
        padding = "valid" if cyclic else "same"
        x = layers.Conv2D(filters, 3, strides=strides, padding=padding, use_bias=False)(_wrapped(x) if cyclic else x)
        # Keras's momentum of 0.99 needs thousands of steps before prediction matches training.
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    return x


def _wrapped(x: keras.KerasTensor) -> keras.KerasTensor:
    """One row or column more on each side, taken from the other side."""
    for axis in (1, 2):
        last = x.shape[axis] - 1
        x = kops.concatenate([kops.take(x, [last], axis), x, kops.take(x, [0], axis)], axis)
    return x


def _load(name: str) -> Any:
    path = Path(name)
    if path.suffix != ".keras" or not path.is_file():
        raise KpoolError(f"no backbone {name!r}; give none, mlp, conv, cyclic_conv or the path of a .keras file")
    return kpool.load_model(path)


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
