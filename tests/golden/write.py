"""Writes golden files: those of MODELS that no version has written yet; README.md says what they are for."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kpool

HERE = Path(__file__).parent
FEATURES = 4


def _model(build: Callable[[Any], Any], positions: int = 1) -> keras.Model:
    inputs = keras.Input((*[None] * positions, FEATURES))
    return keras.Model(inputs, build(inputs))


def _head(spec: str, positions: int = 1) -> keras.Model:
    return _model(kpool.head(spec), positions)


def _masked(spec: str) -> keras.Model:
    inputs, mask = keras.Input((None, FEATURES)), keras.Input((None,), dtype="bool")
    return keras.Model([inputs, mask], kpool.head(spec)(inputs, mask=mask))


def _segments() -> keras.Model:
    inputs, regions = keras.Input((None, FEATURES)), keras.Input((None,), dtype="int32")
    return keras.Model([inputs, regions], kpool.head("stats(over=segments(3)) | l2_norm")(inputs, regions=regions))


def _bare(*specs: str, positions: int = 1) -> keras.Model:
    pools = [kpool.pool(spec) for spec in specs]
    return _model(lambda x: keras.layers.Concatenate()([pool(x) for pool in pools]), positions)


def _int8() -> keras.Model:
    model = _head("concat(mean, gem) | mlp([8]) | dense(3)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras 3.15.1: "InputLayer does not have a `quantize` method"
        model.quantize("int8")
    return model


MODELS: dict[str, Callable[[], keras.Model]] = {
    "classifier": lambda: _head("concat(mean, gem | l2_norm, attention(heads=2)) | mlp([8]) | batch_norm | dense(3)"),
    "masked": lambda: _masked("concat(mean, max, std, first, last) | dense(3, activation=softmax)"),
    "basic": lambda: _bare("gem(p=5)", "lse", "softmax", "median", "top_k(k=2)", "lp", "quantile", "stats"),
    "attention": lambda: _bare("attention", "gated_attention", "multi_hop", "vector_attention", "dot_attention"),
    "audio": lambda: _bare("attentive_stats", "auto_pool", "linear_softmax", "exp_softmax"),
    "instances": lambda: _bare("noisy_and", "isr", "noisy_or"),
    "sets": lambda: _bare("set2set", "deep_sets", "gru"),
    "text": lambda: _bare("splade", "position_mean"),
    "vision": lambda: _bare("netvlad(clusters=3)", "crow", "covariance", "rmac", positions=2),
    "windows": lambda: _model(kpool.pool("gem(over=window(2, strides=1, padding=same))"), 2),
    "pyramid": lambda: _head("max(over=pyramid([1, 2])) | layer_norm", 2),
    "bins": lambda: _bare("mean(over=bins([2, 3]))", "std(over=bins([2, 3]))", positions=2),
    "segments": _segments,
    "combinators": lambda: _bare("mix(mean, gem)", "add(mean, min)", "max_of(mean, median)", "concat(max | scale)"),
    "outputs": lambda: _head("gem | heads(a=dense(2), b=dropout | dense(3))"),
    "int8": _int8,
    "weights": lambda: _head("mix(mean, attention) | cosine(3)"),
}  # fmt: skip
BY_WEIGHTS = ("weights",)
"""Written as JSON and `.weights.h5`."""


def given(model: keras.Model) -> dict[str, np.ndarray]:
    """What a model is asked: 3 examples, of 6 steps or 4 by 5, in random numbers that are the same everywhere."""
    rng = np.random.default_rng(7)
    positions = (6,) if len(model.inputs[0].shape) == 3 else (4, 5)
    arrays = {"x": rng.normal(size=(3, *positions, FEATURES)).astype("float32")}
    for extra in model.inputs[1:]:
        if extra.dtype == "bool":
            arrays["mask"] = np.array([[1] * 6, [1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 1, 1]], bool)
        else:
            arrays["regions"] = np.array([[0, 0, 1, 1, 2, 2], [0, 2, -1, -1, 2, 0], [1, 1, 1, 1, 1, 1]], "int32")
    return arrays


def answers(model: keras.Model, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What it answers, as `y`, or `y_a` and `y_b` where it has several outputs."""
    inputs = list(arrays.values())
    y = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    outputs = {f"y_{name}": part for name, part in y.items()} if isinstance(y, dict) else {"y": y}
    return {name: np.asarray(part) for name, part in outputs.items()}


def exact_answers(model: keras.Model, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same, of the model in float64: the same on every processor, but for the last digits of that."""
    exact = keras.models.model_from_json(model.to_json().replace("float32", "float64"))
    exact.set_weights([_doubled(w) for w in model.get_weights()])
    return answers(exact, {name: _doubled(x) for name, x in arrays.items()})


def _doubled(x: np.ndarray) -> np.ndarray:
    return x.astype("float64") if x.dtype == "float32" else x


def pack(path: Path) -> None:
    """Keras compresses nothing, and most of a small HDF5 file is air."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def write(folder: Path, name: str) -> None:
    """Write a model with weights that are not those it begins with, what it is given and its answers in float64."""
    keras.utils.set_random_seed(1)
    model = MODELS[name]()
    if name != "int8":
        model.set_weights([w + 0.1 * np.random.default_rng(2).random(w.shape) for w in model.get_weights()])
    arrays = given(model)
    if name in BY_WEIGHTS:
        (folder / f"{name}.json").write_text(model.to_json(), encoding="utf-8")
        model.save_weights(folder / f"{name}.weights.h5")
    else:
        model.save(folder / f"{name}.keras")
        pack(folder / f"{name}.keras")
    np.savez_compressed(folder / f"{name}.npz", allow_pickle=False, **arrays, **exact_answers(model, arrays))


if __name__ == "__main__":
    folder = HERE / kpool.__version__
    folder.mkdir(exist_ok=True)
    for name in MODELS:
        if not list(HERE.glob(f"*/{name}.npz")):
            write(folder, name)
