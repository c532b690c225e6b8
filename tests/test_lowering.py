"""A lowered model answers as the model did, and knows nothing of kpool."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

import kpool
from kpool import KpoolError, lowered
from kpool.cli import app

ULPS = 4
FEATURES = 8
BRANCHES = {"add": "(mean, max)", "concat": "(mean, gem | l2_norm)", "max_of": "(mean, max)", "mix": "(mean, gem)"}
SPECS = {
    "stages": "concat(mean, gem | l2_norm, attention(heads=2)) | mlp([8]) | batch_norm | dropout(0.2) | dense(3)",
    "scores first": "dense(5) | lse | scale | cosine(3)",
    "normed": "mix(mean, max) | layer_norm | rms_norm | activation(relu) | truncate(4)",
    "twice": "max(over=window(2)) | mean | dense(2)",
    "outputs for every bag": "mean(over=window(2)) | heads(a=dense(2), b=dense(3))",
    "outputs": "gem | heads(a=dense(2), b=mlp([4, 3]))",
}
OVER = {"window": "window(2)", "bins": "bins(3)", "pyramid": "pyramid([1, 2])"}
# Loads each model with its inputs, and compares, where kpool cannot be imported
ELSEWHERE = """
import sys
from pathlib import Path
sys.modules.update(dict.fromkeys(("kpool", "kpool_plugins"), None))
import keras
import numpy as np
for path in sorted(Path(sys.argv[1]).glob("*.keras")):
    kept = dict(np.load(path.with_suffix(".npz")))
    expected = kept.pop("y")
    given = keras.models.load_model(path)([keras.ops.convert_to_tensor(x) for x in kept.values()])
    parts = [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(given)]
    given = np.concatenate([part.ravel() / np.abs(part).max() for part in parts])
    print(path.stem, np.abs(given - expected).max() / 2.0**-23)
"""


def built_in() -> list[str]:
    return sorted(c.name for c in kpool.strategies().values() if c.target.startswith(("kpool.", "kpool_plugins.")))


def model(spec: str, *, positions: tuple[int | None, ...] | None = None) -> keras.Model:
    """Of inputs x and mask, its weights not those it began with."""
    shapes = [positions] if positions else [(7,), (6, 6), (3, 7)]
    for shape in shapes:
        try:
            pool = kpool.head(spec)
            x, mask = keras.Input((*shape, FEATURES)), keras.Input(shape, dtype="bool")
            made = keras.Model([x, mask], pool(x, mask=mask))
            break
        except KpoolError:
            if shape is shapes[-1]:
                raise
    rng = np.random.default_rng(2)
    moved = [w + 0.05 * rng.random(w.shape) if w.dtype.kind == "f" else w for w in made.get_weights()]
    made.set_weights(moved)
    return made


def given(made: keras.Model) -> list[np.ndarray]:
    """Random numbers, NaN where nothing counts, a row of which nothing does."""
    rng = np.random.default_rng(3)
    x, mask = (rng.random((4, *(n or 5 for n in tensor.shape[1:]))) for tensor in made.inputs)
    mask = mask > 0.3
    mask[1] = False
    x = (x - 0.5).astype("float32")
    x[~mask] = np.nan
    return [x, mask]


def answers(made: keras.Model, arrays: list[np.ndarray]) -> np.ndarray:
    answer = made(arrays if len(arrays) > 1 else arrays[0], training=False)
    parts = [np.asarray(y) for y in keras.tree.flatten(answer)]
    return np.concatenate([part.ravel() / np.abs(part).max() for part in parts])  # each judged by itself


def ulps(actual: np.ndarray, expected: np.ndarray) -> float:
    """Of 1, which the largest answer is."""
    return float(np.abs(actual - expected).max() / 2.0**-23)


def check(made: keras.Model, arrays: list[np.ndarray]) -> keras.Model:
    lowered = kpool.lower(made)
    packages = {type(step).__module__.partition(".")[0] for step in (*lowered._flatten_layers(), *lowered.operations)}
    assert packages == {"keras"}
    assert np.isfinite(expected := answers(made, arrays)).all()
    assert ulps(answers(lowered, arrays), expected) <= ULPS
    return lowered


@pytest.mark.filterwarnings(
    "ignore:NotImplemented should not be used:DeprecationWarning"
)  # keras.ops.tensordot, 3.15.1
@pytest.mark.parametrize("name", built_in())
def test_every_strategy(name: str) -> None:
    if name == "heads":
        pytest.skip("joins what follows a pooling: among the heads below")
    spec = f"{name}{BRANCHES.get(name, '')}"
    made = model(spec)
    if not getattr(made.layers[-1].nodes[0], "lowers", True):
        with pytest.raises(KpoolError, match=f"{name} cannot be lowered: a loop over its steps"):
            kpool.lower(made)
        return
    check(made, given(made))


def of_any_length() -> list[str]:
    """Those of which docs/exports.md says so."""
    runs = json.loads((Path(__file__).parents[1] / "docs" / "exports.json").read_text(encoding="utf-8"))["strategies"]
    return [name for name in built_in() if isinstance(runs.get(name, {}).get("keras", {}).get("any"), float)]


@pytest.mark.parametrize("name", of_any_length())
def test_what_lowers_at_any_length_goes_on_doing_so(name: str) -> None:
    made = model(f"{name}{BRANCHES.get(name, '')}", positions=(None,))
    check(made, given(made))


@pytest.mark.parametrize("over", OVER.values(), ids=OVER)
@pytest.mark.parametrize("name", ["mean", "max", "gem", "std", "softmax", "attention", "top_k"])
def test_over_regions(name: str, over: str) -> None:
    made = model(f"{name}(over={over})", positions=(6, 6))
    check(made, given(made))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("steps", [6, None], ids=["known length", "any length"])
def test_heads(spec: str, steps: int | None) -> None:
    made = model(spec, positions=(steps,))
    check(made, given(made))


def test_segments() -> None:
    x, ids = keras.Input(batch_shape=(2, 6, FEATURES)), keras.Input(batch_shape=(2, 6), dtype="int32")
    made = keras.Model([x, ids], kpool.head("mean(over=segments(3)) | dense(2)")(x, regions=ids))
    arrays = [
        np.random.default_rng(0).random((2, 6, FEATURES), "float32"),
        np.array([[0, 0, 1, 1, 2, -1]] * 2, "int32"),
    ]
    check(made, arrays)


def test_masks_of_layers_before() -> None:
    ids = keras.Input((None,), dtype="int32")
    tokens = keras.layers.LayerNormalization()(keras.layers.Embedding(9, FEATURES, mask_zero=True)(ids))
    made = keras.Model(ids, kpool.head("max | dense(2)")(tokens))
    check(made, [np.array([[3, 1, 0, 0], [0, 0, 0, 0], [5, 6, 7, 8]])])


def test_bare_layers_one_behind_the_other_and_models_within() -> None:
    inner = keras.Sequential([keras.Input((3, FEATURES)), kpool.pool("max")])
    x = keras.Input((6, FEATURES))
    halves = kpool.pool("mean(over=window(2))")(x)
    made = keras.Model(x, keras.layers.Concatenate()([inner(halves), kpool.pool("max")(halves)]))
    check(made, [np.random.default_rng(0).random((2, 6, FEATURES), "float32")])


def test_what_is_called_twice_is_one_layer() -> None:
    x = keras.Input((6, FEATURES))
    dense, pool = keras.layers.Dense(FEATURES), kpool.pool("attention(heads=2)")
    made = keras.Model(x, pool(dense(x)) + pool(dense(dense(x))))
    plain = check(made, [np.random.default_rng(0).random((2, 6, FEATURES), "float32")])
    assert plain.count_params() == made.count_params()


def test_a_model_within_that_is_called_twice_keeps_its_weights_in_common() -> None:
    x = keras.Input((6, FEATURES))
    inner = keras.Model(x, kpool.pool("gem")(x))
    a, b = keras.Input((6, FEATURES)), keras.Input((6, FEATURES))
    made = keras.Model([a, b], inner(a) + inner(b))
    plain = check(made, list(np.random.default_rng(0).random((2, 2, 6, FEATURES), "float32")))
    assert plain.count_params() == made.count_params() == 1


def test_it_trains_as_the_model_does_and_what_was_frozen_stays_so() -> None:
    spec = "concat(gem, attention(heads=2)) | dense(2)"
    models = [model(spec, positions=(7,))]
    models[0].layers[-1].nodes[0].branch_1.trainable = False
    models.append(kpool.lower(models[0]))
    arrays = given(models[0])
    for made in models:
        made.compile("sgd", "mse")
        made.fit(arrays, np.ones((4, 2)), epochs=2, verbose=0)
    trained, lowered = (sorted(w.shape.num_elements() for w in made.trainable_weights) for made in models)
    assert trained == lowered == [1, 2, 2 * 2 * FEATURES]
    assert ulps(answers(models[1], arrays), answers(models[0], arrays)) <= 8


def test_a_model_without_kpool_is_copied() -> None:
    x = keras.Input((3,))
    check(keras.Model(x, keras.layers.Dense(2)(x)), [np.ones((1, 3), "float32")])


def test_what_cannot_be_lowered_says_why() -> None:
    x = keras.Input((None, FEATURES))
    with pytest.raises(KpoolError, match=r"median cannot be lowered: it needs lengths .* keras\.Input\(\(16, 64\)\)"):
        kpool.lower(keras.Model(x, kpool.pool("median")(x)))

    wrapped = keras.layers.TimeDistributed(kpool.pool("gem"))
    with pytest.raises(KpoolError, match="TimeDistributed calls gem in its own way"):
        kpool.lower(keras.Model(outer := keras.Input((3, 6, FEATURES)), wrapped(outer)))

    class Own(keras.Model):
        pass

    with pytest.raises(KpoolError, match="Own has no known inputs; lower a Functional model"):
        kpool.lower(Own())


def write(folder: Path) -> set[str]:
    for name, spec in SPECS.items():
        made = model(spec, positions=(6,))
        arrays = given(made)
        kpool.lower(made).save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.npz", x=arrays[0], mask=arrays[1], y=answers(made, arrays))
    return set(SPECS)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_file_loads_where_kpool_is_not_installed(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    names = write(tmp_path)
    environment = os.environ | {"KERAS_BACKEND": backend}
    command = [sys.executable, "-W", "ignore", "-c", ELSEWHERE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    assert found.keys() == names
    assert max(map(float, found.values())) <= ULPS


def test_command(tmp_path: Path) -> None:
    made = model("gem | dense(2)", positions=(7,))
    kpool.save_model(made, tmp_path / "m.keras")
    done = CliRunner().invoke(app, ["lower", str(tmp_path / "m.keras"), str(tmp_path / "plain.keras")])
    assert done.exit_code == 0, done.output
    assert "loads without kpool; its answers differ from the model's by " in done.output
    assert kpool.inspect(tmp_path / "plain.keras").requires == ()
    plain = keras.models.load_model(tmp_path / "plain.keras")
    assert ulps(answers(plain, given(made)), answers(made, given(made))) <= ULPS


def test_command_writes_nothing_that_answers_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = model("gem | dense(2)", positions=(None,))
    kpool.save_model(made, tmp_path / "m.keras")
    monkeypatch.setattr(lowered, "lower", lambda given: kpool.lower(model("mean | dense(2)", positions=(None,))))
    done = CliRunner().invoke(app, ["lower", str(tmp_path / "m.keras"), str(tmp_path / "plain.keras")])
    assert done.exit_code == 2
    assert "lowered it answers something else: by " in " ".join(done.output.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


def test_command_needs_a_keras_file(tmp_path: Path) -> None:
    kpool.save_model(model("gem | dense(2)", positions=(7,)), tmp_path / "m.keras")
    done = CliRunner().invoke(app, ["lower", str(tmp_path / "m.keras"), str(tmp_path / "plain.h5")])
    assert "save_model writes .keras files" in " ".join(done.output.replace("│", " ").split())
