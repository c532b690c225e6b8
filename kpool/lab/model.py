"""The classifier of a trial: a backbone and the head that a spec names."""

from __future__ import annotations

import re
from typing import Any

import keras

import kpool
from kpool.errors import KpoolError
from kpool.lab import backbones
from kpool.lab.dataset import Dataset


def parse(spec: str, dataset: Dataset) -> kpool.Spec:
    """Parse a spec in which `classes` is the number of classes."""
    return kpool.parse(spec, **_names(spec, dataset))


def build(spec: str, dataset: Dataset, backbone: str) -> keras.Model:
    """A classifier of the data set's examples, with one output per class.

    Raises:
        KpoolError: the spec's head gives something else.
    """
    inputs = _inputs(dataset, backbone)
    elements = backbones.features(backbone, inputs["x"], inputs.get("mask"))
    head = kpool.head(spec, **_names(spec, dataset))
    outputs = head(elements, mask=inputs["mask"]) if "mask" in inputs else head(elements)
    _check(spec, outputs, len(dataset.classes))
    return keras.Model(inputs, outputs)


def gives_probabilities(spec: str, dataset: Dataset) -> bool:
    """Whether the head ends in a softmax of its own."""
    return "softmax" in parse(spec, dataset).calls[-1].arguments.values()


def _names(spec: str, dataset: Dataset) -> dict[str, int]:
    """The caller's names; one that the spec does not use would be an error."""
    return {"classes": len(dataset.classes)} if re.search(r"\bclasses\b", spec) else {}


def _inputs(dataset: Dataset, backbone: str) -> dict[str, keras.KerasTensor]:
    """Inputs named as `Dataset.inputs` names them; sequences may have any length later on."""
    shape: tuple[int | None, ...] = dataset.x.shape[1:]
    if backbone in (backbones.NONE, backbones.MLP) and len(shape) == 2:
        shape = (None, shape[1])
    inputs = {"x": keras.Input(shape, name="x")}
    if dataset.mask is not None:
        inputs["mask"] = keras.Input(shape[:-1], dtype="bool", name="mask")
    return inputs


def _check(spec: str, outputs: Any, classes: int) -> None:
    if isinstance(outputs, dict):
        raise KpoolError(f"{spec!r} has several outputs; a comparison needs one, with {classes} classes")
    if len(outputs.shape) > 2:
        raise KpoolError(
            f"{spec!r} gives outputs of shape {tuple(outputs.shape)}: nothing in it pools the whole input; "
            "begin with `mean |`, or take over= away"
        )
    if outputs.shape[1:] != (classes,):
        raise KpoolError(
            f"{spec!r} gives outputs of shape {tuple(outputs.shape)}, and the data has {classes} classes; "
            "end the spec with `| dense(classes)`"
        )
