"""What is exported answers as the model did, or nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

import kpool
from kpool import KpoolError, exporting, registry
from kpool.cli import app

PATHS = {"tf_saved_model": "served", "litert": "model.tflite", "onnx": "model.onnx"}
every_format = pytest.mark.parametrize("format", PATHS)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15.1, NumPy 2


def model(spec: str = "concat(mean, gem | l2_norm) | dense(3)", steps: int | None = None) -> keras.Model:
    x, mask = keras.Input((steps, 4), name="x"), keras.Input((steps,), dtype="bool", name="keep")
    return keras.Model([x, mask], kpool.head(spec)(x, mask=mask))


@every_format
@pytest.mark.parametrize("steps", [None, 6], ids=["any length", "one length"])
def test_every_format(format: str, steps: int | None, tmp_path: Path) -> None:
    done = kpool.export(model(steps=steps), tmp_path / PATHS[format])
    assert done.format == format
    assert done.difference <= 1e-6
    assert done.shapes == (((3, steps or 7, 4), (3, steps or 7)), ((2, steps or 5, 4), (2, steps or 5)))
    assert [path.name for path in tmp_path.iterdir()] == [PATHS[format]]


@every_format
def test_tokens_and_several_outputs(format: str, tmp_path: Path) -> None:
    ids = keras.Input((None,), dtype="int32")
    tokens = keras.layers.Embedding(9, 4, mask_zero=True)(ids)
    outputs = kpool.head("mean | heads(b=dense(2), a=dense(3))")(tokens)
    assert kpool.export(keras.Model(ids, outputs), tmp_path / PATHS[format]).difference <= 1e-6


def test_sums_of_unknown_length_in_onnx(tmp_path: Path) -> None:
    """They are made in blocks, and tf2onnx (1.17) took what is missing in the last for a cut: all were 0."""
    spec = "concat(mean, max, std, lse, attention, mean(over=bins(2)) | mean) | dense(2)"
    assert kpool.export(model(spec), tmp_path / "m.onnx").difference <= 1e-6


@pytest.mark.parametrize("spec", ["ada_attention", "cls_attention", "clip_attention", "map"])
def test_heads_of_unknown_length_in_onnx(spec: str, tmp_path: Path) -> None:
    """tf2onnx (1.17) joined the two reshapes around them to one of other lengths: it did not run."""
    assert kpool.export(model(f"{spec}(heads=2) | dense(2)"), tmp_path / "m.onnx").difference <= 1e-6


def test_samples_are_what_it_is_compared_on(tmp_path: Path) -> None:
    sample = [np.full((1, 3, 4), 2.0, "float32"), np.ones((1, 3), bool)]
    assert kpool.export(model(), tmp_path / "m.onnx", samples=[sample]).shapes == (((1, 3, 4), (1, 3)),)


@every_format
def test_nothing_is_written_that_answers_something_else(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / PATHS[format]
    kpool.export(model(), path)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    right = exporting.answers
    monkeypatch.setattr(exporting, "answers", lambda *given: [x * 1.0001 for x in right(*given)])
    with pytest.raises(KpoolError, match=rf"exported to {format} it answers something else: by 0\.0001"):
        kpool.export(model(), path)
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kpool.export(model(steps=6), tmp_path / "m.tflite")
    assert capfd.readouterr() == ("", "")


class Reshaped(keras.layers.Layer):
    """tf2onnx (1.17) joins the two to one of other lengths."""

    def call(self, x: Any) -> Any:
        flat = keras.ops.reshape(keras.ops.reshape(x, (-1, 4)) * 2.0, keras.ops.shape(x))
        return keras.ops.reshape(flat, (*keras.ops.shape(flat)[:2], 2, 2))


def test_nothing_is_written_that_does_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    x = keras.Input((None, 4))
    with pytest.raises(KpoolError, match=r"onnx it does not run; with known lengths it may: .* Fail: .*Reshape"):
        kpool.export(keras.Model(x, Reshaped()(x)), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []
    assert "Reshape" not in capfd.readouterr().err


class Erfinv(keras.layers.Layer):
    """LiteRT has no such operation of its own."""

    def call(self, x: Any) -> Any:
        return keras.ops.erfinv(keras.ops.tanh(x))


def needs_flex() -> keras.Model:
    x = keras.Input((4,))
    return keras.Model(x, Erfinv()(x))


@pytest.mark.parametrize(
    ("make", "name", "says"),
    [
        pytest.param(model, "m.tfl", r"m\.tfl", id="suffix"),
        pytest.param(needs_flex, "m.tflite", r"it cannot be exported to litert\. .*Erfinv", id="needs TensorFlow"),
    ],
)
def test_refused(make: Any, name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match=says):
        kpool.export(make(), tmp_path / name, None if name[-3:] != "tfl" else "litert")
    assert list(tmp_path.iterdir()) == []


def test_what_a_strategy_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.default(), "_local", {})

    @kpool.strategy("not_to_onnx")
    class Here(kpool.Pooling):
        exports = ("tf_saved_model", "litert")

        def pool(self, bags: Any) -> Any:
            return bags.sum(bags.elements)

    with pytest.raises(KpoolError, match="not_to_onnx does not export to onnx; it exports to tf_saved_model, litert"):
        kpool.export(model("not_to_onnx | dense(2)"), tmp_path / "m.onnx")


def test_a_model_whose_inputs_are_not_known(tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match="Sequential has no known inputs; export a Functional model"):
        kpool.export(keras.Sequential([kpool.head("mean | dense(2)")]), tmp_path / "m.onnx")


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match="no format 'onyx'; there are tf_saved_model, litert, onnx"):
        kpool.export(model(), tmp_path / "m", "onyx")


def test_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(KpoolError, match=r'onnx needs tf2onnx, onnxruntime: python -m pip install "kpool\[export\]"'):
        kpool.export(model(), tmp_path / "m.onnx")


def test_a_folder_of_something_else_stays(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("dear")
    with pytest.raises(KpoolError, match=r"home is there and holds no saved_model\.pb; name another folder"):
        kpool.export(model(), tmp_path / "home")
    assert (tmp_path / "home" / "letter").read_text() == "dear"


def test_command(tmp_path: Path) -> None:
    kpool.save_model(model(), tmp_path / "m.keras")
    done = CliRunner().invoke(app, ["export", str(tmp_path / "m.keras"), str(tmp_path / "m.onnx")])
    assert done.exit_code == 0, done.output
    assert "m.onnx: onnx; for inputs of shape (3, 7, 4), (3, 7) and (2, 5, 4), (2, 5) its answers differ" in done.output
    wrong = CliRunner().invoke(app, ["export", str(tmp_path / "m.keras"), str(tmp_path / "m"), "--format", "onyx"])
    assert wrong.exit_code == 2
    assert "'onyx' is none of tf_saved_model, litert, onnx" in " ".join(wrong.output.replace("│", " ").split())
