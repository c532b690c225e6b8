"""Deploy: what leaves Keras answers as it did in Keras."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kpool.testing import run
from kpool.testing.check import Skipped, check, said
from kpool.testing.compare import near
from kpool.testing.models import answer, feed, model_of
from kpool.testing.target import Target


@check("An exported SavedModel is another function, or knows one batch size and one length only.")
def saved_model(target: Target) -> str:
    tf = run.tensorflow("SavedModel")
    _exports(target, "tf_saved_model")
    model = model_of(target, positions=(None,) * (target.rank - 2))
    noted = ""
    with _folder() as folder:
        model.export(folder / "model", format="tf_saved_model", verbose=False)
        loaded = tf.saved_model.load(folder / "model")
        for rows in (4, 2):
            given = feed(target, rows=rows, empty=1)
            exported = np.asarray(loaded.serve(*given) if len(given) == 1 else loaded.serve(given))
            noted = near(exported, answer(model, given), "the SavedModel", units=4, terms=given[0])
    return noted


@check("A phone or microcontroller lacks the operations that it is made of.")
def litert(target: Target) -> str:
    tf = run.tensorflow("LiteRT")
    _exports(target, "litert")
    if not hasattr(tf, "lite"):
        raise Skipped("this TensorFlow has no LiteRT converter")
    given, model = feed(target, empty=1), model_of(target)
    interpreter = tf.lite.Interpreter(model_content=_converted(tf, model))
    for detail in interpreter.get_input_details():
        interpreter.resize_tensor_input(detail["index"], given[detail["dtype"] == np.bool_].shape)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], given[detail["dtype"] == np.bool_])
    interpreter.invoke()
    exported = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return near(exported, answer(model, given), "LiteRT", units=64, terms=given[0])


@check("An ONNX runtime answers something else.")
def onnx(target: Target) -> str:
    _exports(target, "onnx")
    missing = [name for name in ("tf2onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
    if missing:
        raise Skipped(f"not installed: {', '.join(missing)}")
    onnxruntime = importlib.import_module("onnxruntime")
    model, given = model_of(target), feed(target, empty=1)
    expected = answer(model, given)  # first: Keras (3.15.1) exports to ONNX only what has been called
    with _folder() as folder:
        model.export(folder / "model.onnx", format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(folder / "model.onnx")
    names = [one.name for one in session.get_inputs()]
    (exported,) = session.run(None, dict(zip(names, given, strict=True)))
    return near(exported, expected, "ONNX", units=64, terms=given[0])


def _exports(target: Target, to: str) -> None:
    declared = getattr(target.layer(), "exports", None)
    if declared is not None and to not in declared:
        raise Skipped(f"it declares that it does not export to {to}")


def _converted(tf: Any, model: Any) -> bytes:
    """A LiteRT model of built-in operations only."""
    only = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    with _folder() as folder:
        try:
            model.export(folder / "model.tflite", format="litert", verbose=False, target_spec=only)
        except Exception as error:
            raise AssertionError(f"it cannot be made of LiteRT's own operations: {said(error)[:300]}") from error
        return (folder / "model.tflite").read_bytes()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kpool-kit-") as folder, _quiet():
        yield Path(folder)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what exporters print and log."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)
