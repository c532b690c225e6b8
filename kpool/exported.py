"""Models outside Keras: how each format is written, and run again to see what it answers."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from kpool.answers import Array
from kpool.errors import KpoolError
from kpool.terminal import held_back


@dataclass(frozen=True)
class Format:
    """A format that Keras exports to.

    Args:
        name: Keras's own, as strategies declare it in `exports`.
        suffix: Of its files; "" for a folder.
        needs: Packages beside TensorFlow.
        write: Exports a model to a path.
        run: What the exported answers: run(path, inputs by name, names of the outputs), in the order of the names.
    """

    name: str
    suffix: str
    needs: Sequence[str]
    write: Callable[[keras.Model, Path], None]
    run: Callable[[Path, Mapping[str, Array], Sequence[str]], list[Array]]

    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def export(self, model: keras.Model, path: Path) -> None:
        """Write it, in silence.

        Raises:
            KpoolError: it cannot be made.
        """
        with _told(f"it cannot be exported to {self.name}", model), _quiet():
            self.write(model, path)

    def answers(self, path: Path, model: keras.Model, given: Sequence[Array]) -> list[Array]:
        """What an exported model answers, for arrays in the order of the model's inputs.

        Raises:
            KpoolError: it does not run.
        """
        inputs = dict(zip([tensor.name for tensor in model.inputs], given, strict=True))
        outputs = model.output
        names = sorted(outputs) if isinstance(outputs, dict) else [f"output_{i}" for i in range(len(model.outputs))]
        with _told(f"exported to {self.name} it does not run", model), _quiet():
            return [np.asarray(answer) for answer in self.run(path, inputs, names)]


def _write_saved_model(model: keras.Model, path: Path) -> None:
    model.export(path, format="tf_saved_model", verbose=False)


def _run_saved_model(path: Path, inputs: Mapping[str, Array], names: Sequence[str]) -> list[Array]:
    tf = importlib.import_module("tensorflow")
    arrays, loaded = list(inputs.values()), tf.saved_model.load(path)  # by name, or its variables are gone
    return list(keras.tree.flatten(loaded.serve(arrays[0] if len(arrays) == 1 else arrays)))


def _write_litert(model: keras.Model, path: Path) -> None:
    """Of LiteRT's built-in operations only: others need TensorFlow's on the device."""
    tf = importlib.import_module("tensorflow")
    spec = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    model.export(path, format="litert", verbose=False, target_spec=spec)


def _run_litert(path: Path, inputs: Mapping[str, Array], names: Sequence[str]) -> list[Array]:
    tf = importlib.import_module("tensorflow")
    with held_back():  # XNNPACK tells that it is there (TensorFlow 2.21)
        answered = tf.lite.Interpreter(model_path=str(path)).get_signature_runner()(**inputs)
    return [answered[name] for name in names]


def _write_onnx(model: keras.Model, path: Path) -> None:
    model.export(path, format="onnx", verbose=False)


def _run_onnx(path: Path, inputs: Mapping[str, Array], names: Sequence[str]) -> list[Array]:
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised as well
    session = runtime.InferenceSession(path, options)
    asked = [one.name for one in session.get_inputs()]
    return list(session.run(None, dict(zip(asked, inputs.values(), strict=True))))


FORMATS = {
    each.name: each
    for each in (
        Format("tf_saved_model", "", (), _write_saved_model, _run_saved_model),
        Format("litert", ".tflite", (), _write_litert, _run_litert),
        Format("onnx", ".onnx", ("tf2onnx", "onnxruntime"), _write_onnx, _run_onnx),
    )
}


@contextlib.contextmanager
def _told(failure: str, model: keras.Model) -> Iterator[None]:
    """Whatever is raised in here, as a KpoolError that says what failed, and what may help."""
    try:
        yield
    except Exception as error:
        first = " ".join(str(error).split())[:300]
        is_open = any(None in tensor.shape[1:] for tensor in model.inputs)
        way_out = "; with known lengths it may: keras.Input((16, 64)), not (None, 64)" if is_open else ""
        raise KpoolError(f"{failure}{way_out}. {type(error).__name__}: {first}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what exporters print, log and warn of."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), _unwarned():
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
