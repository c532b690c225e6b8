"""Saving: what is written in one process is read in another, by plain Keras, bit for bit."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import kpool
from kpool import KpoolError, PluginError, SpecError
from kpool.pipe import Pipe
from kpool_plugins.stages.cosine import ArcFaceLoss
from kpool_plugins.vision.max_unpool import MaxUnpooling

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras 3.15.1 with NumPy 2
    pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method:UserWarning"),
]
X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
TOKENS = np.array([[1, 2, 3, 0, 0, 0], [4, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
SPEC = "concat(mean, gem | l2_norm, attention(heads=2)) | mlp([8, 8]) | batch_norm | dropout | dense(3)"
HAND_WRITTEN = "gem | dense(10)"

# Imports kpool last: what Keras knows of kpool then comes from the post-import hook alone.
READER = """
import sys
import numpy as np
{imports}
folder, x, tokens = sys.argv[1], np.load(sys.argv[1] + "/x.npy"), np.load(sys.argv[1] + "/tokens.npy")
def model(name):
    if not name.endswith("json"):
        return keras.models.load_model(folder + "/" + name)
    loaded = keras.models.model_from_json(open(folder + "/" + name).read())
    loaded.load_weights(folder + "/" + name.replace("json", "weights.h5"))
    return loaded
given = {{name: tokens if name == "grid.keras" else x for name in {names}}}
np.savez(folder + "/{out}.npz", **{{name: model(name).predict(data, verbose=0) for name, data in given.items()}})
"""
# Then imports every plugin module, to see which classes Keras had not known of.
READER_OF_OTHERS = """
import importlib, json, pkgutil, sys
import numpy as np
import kpool
import keras
known = set(keras.saving.get_custom_objects())
model = keras.models.load_model(sys.argv[1] + "/others.keras")
np.save(sys.argv[1] + "/y.npy", model.predict(np.load(sys.argv[1] + "/tokens.npy"), verbose=0))
import kpool_plugins
for module in pkgutil.walk_packages(kpool_plugins.__path__, "kpool_plugins."):
    importlib.import_module(module.name)
there = {name for name, one in keras.saving.get_custom_objects().items() if "kpool_plugins" in one.__module__}
print(json.dumps([model.loss.get_config(), sorted(there - known)]))
"""
IMPORTS = {
    "keras_first": "import keras\nimport kpool",
    "kpool_first": "import kpool\nimport keras",
    "pooling_first": "from kpool.pooling import Pooling\nimport keras",
}


def bare() -> keras.Model:
    """Strategies of every family by themselves, and the combinators, in one model."""
    inputs = keras.Input((None, 4))
    names = ["gem", "stats", "top_k", "attention", "attentive_stats", "noisy_or", "set2set", "splade"]
    pools = [kpool.pool(name) for name in names]
    pools += [kpool.pool(spec) for spec in ("concat(mean, max | l2_norm)", "mix(mean, gem)", "add(mean, min)")]
    pools += [kpool.pool("gem(p=5, empty_value=2, negatives=signed)")]
    windows = kpool.pool("max(over=window([2], strides=1, padding=same))")
    return keras.Model(inputs, keras.layers.Concatenate()([pool(windows(inputs)) for pool in pools]))


def grid() -> keras.Model:
    """A mask that goes through a window: Keras writes the step that makes it into the file."""
    tokens = keras.Input((None,))
    x = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    return keras.Model(tokens, kpool.pool("mean")(kpool.pool("max(over=window(2, padding=same))")(x)))


def head() -> keras.Model:
    inputs = keras.Input((None, 4))
    return keras.Model(inputs, kpool.head(SPEC)(inputs))


def others() -> keras.Model:
    """What is no strategy, outside any head: the layers of stages, MaxUnpooling and a loss."""
    ids = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 4)(ids)
    x = x + MaxUnpooling(2)([kpool.pool("max(over=window(2))")(x), x])
    counted, weights = stage("token_mask([0], exclude=true)")(ids), stage("token_weights(9, unknown=2)")(ids)
    y = kpool.pool("mean")(x, mask=counted, weights=weights)
    for spec in ("mlp([8, 4])", "scale(2)", "l2_norm", "truncate(3)", "cosine(5)"):
        y = stage(spec)(y)
    model = keras.Model(ids, y)
    model.compile("adam", ArcFaceLoss(margin=0.3))
    return model


def stage(spec: str) -> keras.layers.Layer:
    """The layer of a stage, as it is within a head."""
    return kpool.head(spec).node_0


def hand_written(layer: dict[str, Any]) -> str:
    inputs = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, None, 4]}}
    return json.dumps(
        {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [inputs, layer]}}
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder of saved models, and what each predicted before it was saved."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("saved")
    by_hand = keras.models.model_from_json(hand_written({"class_name": "kpool>Head", "config": {"spec": HAND_WRITTEN}}))
    models = {"head.keras": head(), "bare.keras": bare(), "grid.keras": grid(), "head.h5": head(), "bare.h5": bare()}
    models |= {"hand.json": by_hand, "bare.json": bare(), "int8.keras": head()}
    np.save(folder / "x.npy", X)
    np.save(folder / "tokens.npy", TOKENS)
    for name, model in models.items():
        model.set_weights([w + 0.1 * np.random.default_rng(1).random(w.shape) for w in model.get_weights()])
        if name == "int8.keras":
            model.quantize("int8")
        if name.endswith("json"):
            (folder / name).write_text(model.to_json())
            model.save_weights(folder / name.replace("json", "weights.h5"))
        else:
            model.save(folder / name)
    assert any(weight.dtype == "int8" for weight in models["int8.keras"].weights)
    given = {name: TOKENS if name == "grid.keras" else X for name in models}
    return folder, {name: model.predict(given[name], verbose=0) for name, model in models.items()}


def in_new_process(code: str, *arguments: Path) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("order", list(IMPORTS))
def test_loads_in_a_new_process(saved: tuple[Path, dict[str, Any]], order: str) -> None:
    folder, expected = saved
    in_new_process(READER.format(imports=IMPORTS[order], out=order, names=list(expected)), folder)
    with np.load(folder / f"{order}.npz") as given:
        assert set(given) == set(expected)
        for name in given:
            np.testing.assert_array_equal(given[name], expected[name], err_msg=name)


@pytest.mark.slow
def test_what_is_no_strategy_loads_in_a_new_process(tmp_path: Path) -> None:
    model = others()
    model.save(tmp_path / "others.keras")
    np.save(tmp_path / "tokens.npy", TOKENS)
    loss, unknown = json.loads(in_new_process(READER_OF_OTHERS, tmp_path).splitlines()[-1])
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model.predict(TOKENS, verbose=0))
    assert loss == model.loss.get_config()
    assert not unknown, "add them to kpool/saving.py"


@pytest.mark.slow
def test_inspect_needs_no_keras(saved: tuple[Path, dict[str, Any]]) -> None:
    code = "import sys, json, kpool; i = kpool.inspect(sys.argv[1]); heavy = {'keras', 'tensorflow'} & set(sys.modules)"
    given = json.loads(
        in_new_process(f"{code}; print(json.dumps([i.to_json(), sorted(heavy)]))", saved[0] / "head.keras")
    )
    assert given == [
        {
            "keras_version": keras.__version__,
            "specs": [str(kpool.parse(SPEC))],
            "layers": [],
            "requires": [f"kpool>={kpool.__version__}"],
            "missing": [],
            "newer": [],
        },
        [],
    ]


def test_inspect_names_bare_layers(saved: tuple[Path, dict[str, Any]]) -> None:
    seen = kpool.inspect(saved[0] / "bare.keras")
    assert {"kpool>GeMPooling", "kpool>AttentionPooling", "kpool>Concat", "kpool>Mix"} <= set(seen.layers)
    assert kpool.inspect(saved[0] / "grid.keras").layers == ("kpool>MaxPooling", "kpool>MeanPooling")


@pytest.mark.parametrize("name", ["head.keras", "bare.keras", "grid.keras", "int8.keras"])
def test_load_model(saved: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, expected = saved
    loaded = kpool.load_model(folder / name)
    np.testing.assert_array_equal(loaded.predict(TOKENS if name == "grid.keras" else X, verbose=0), expected[name])


def test_file_of_weights_names_no_class(tmp_path: Path) -> None:
    """Keras calls the members of a list by their class: renaming one would orphan every file."""
    model = head()
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        names: list[str] = []
        file.visit(names.append)
    parts = {part for name in names for part in name.split("/")} - {"layers", "vars", "head"}
    assert {part.rstrip("0123456789") for part in parts} == {
        "",
        "node_",
        "branch_",
        "dense_",
        "input_layer",
    }
    again = head()
    again.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param({"class_name": "kpool>Head"}, id="class-name-alone"),
        pytest.param({"class_name": "Head", "registered_name": "kpool>Head", "module": None}, id="registered-name"),
        pytest.param(
            {"class_name": "Head", "registered_name": "kpool>Head", "module": "kpool.heads"}, id="as-keras-does"
        ),
        pytest.param(
            {"class_name": "Head", "registered_name": "kpool>Head", "module": "no.such"}, id="module-is-not-read"
        ),
    ],
)
def test_short_spec_written_by_hand(layer: dict[str, Any]) -> None:
    text = hand_written({**layer, "config": {"spec": HAND_WRITTEN}})
    model = keras.models.model_from_json(text)
    assert model.predict(X, verbose=0).shape == (3, 10)
    assert kpool.spec_of(model.layers[-1]) == str(kpool.parse(HAND_WRITTEN))
    again = keras.models.model_from_json(model.to_json())
    assert again.layers[-1].get_config() == model.layers[-1].get_config()


def test_frozen_gem_stays_frozen(tmp_path: Path) -> None:
    gem = kpool.pool("gem")
    model = keras.Sequential([keras.Input((None, 4)), gem, keras.layers.Dense(1)])
    gem.p.assign(4.5)
    gem.trainable = False
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").layers[0]
    assert (float(loaded.p), loaded.trainable, loaded.trainable_weights) == (4.5, False, [])


def requiring(requirement: bytes, old: Path, path: Path) -> Path:
    """The same file, written with another distribution than kpool."""
    with zipfile.ZipFile(old) as former, zipfile.ZipFile(path, "w") as new:
        for member in former.namelist():
            kpools = f"kpool>={kpool.__version__}".encode()
            new.writestr(member, former.read(member).replace(kpools, requirement))
    return path


def test_missing_plugin_says_what_to_install(saved: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path = requiring(b"kpool-nowhere>=1.0", saved[0] / "head.keras", tmp_path / "model.keras")
    assert kpool.inspect(path).missing == ("kpool-nowhere>=1.0",)
    with pytest.raises(PluginError, match=r"needs kpool-nowhere>=1\.0, not installed.* pip install kpool-nowhere$"):
        kpool.load_model(path)
    with pytest.raises(PluginError, match=r"not installed here: kpool-nowhere\. Install: pip install kpool-nowhere$"):
        keras.models.load_model(path)


@pytest.mark.parametrize("name", ["kpool", "pluggy"], ids=["kpool", "a-plugin's-distribution"])
def test_file_of_a_newer_version_is_refused(name: str, saved: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path = requiring(f"{name}>=99.1".encode(), saved[0] / "head.keras", tmp_path / "model.keras")
    inspection = kpool.inspect(path)
    assert (inspection.missing, inspection.newer) == ((), (f"{name}>=99.1",))
    here = re.escape(importlib.metadata.version(name))
    says = rf'with {name} 99\.1, here is {here}; .*Update: pip install -U "{name}>=99\.1"$'
    for load in (kpool.load_model, keras.models.load_model):
        with pytest.raises(PluginError, match=says):
            load(path)


def test_argument_that_this_version_does_not_know_is_named() -> None:
    """What a bare layer, which records no version, says instead."""
    layer = kpool.pool("gem")
    config = {"class_name": "kpool>GeMPooling", "config": {**layer.get_config(), "curvature": 2}}
    with pytest.raises(SpecError, match=r"gem.*curvature"):
        keras.layers.deserialize(config)


def archive(path: Path, config: bytes, **options: Any) -> None:
    with zipfile.ZipFile(path, "w", **options) as file:
        file.writestr("config.json", config)
        file.writestr("metadata.json", b"{}")


def without_config(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", b"{}")


def damaged(path: Path) -> None:
    archive(path, b"{}" * 100, compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    content[41:45] = bytes(4)
    path.write_bytes(content)


def head_config(**config: Any) -> bytes:
    return json.dumps({"registered_name": "kpool>Head", "config": config}).encode()


@pytest.mark.parametrize("read", [kpool.inspect, kpool.load_model])
@pytest.mark.parametrize(
    ("write", "says"),
    [
        pytest.param(lambda path: None, "FileNotFoundError", id="no-file"),
        pytest.param(lambda path: path.mkdir(), "IsADirectoryError", id="folder"),
        pytest.param(lambda path: path.write_bytes(b""), "BadZipFile", id="empty"),
        pytest.param(lambda path: path.write_bytes(b"\x89HDF\r\n"), "BadZipFile", id="h5"),
        pytest.param(without_config, "KeyError", id="no-config"),
        pytest.param(damaged, "is no .keras file that can be read", id="damaged"),
        pytest.param(lambda path: archive(path, b"{"), "JSONDecodeError", id="no-JSON"),
        pytest.param(lambda path: archive(path, b'{"a": "\x80"}'), "UnicodeDecodeError", id="no-text"),
        pytest.param(lambda path: archive(path, b"[" * 100_000), "RecursionError", id="too-deep"),
        pytest.param(
            lambda path: archive(path, b" " * (64 * 2**20 + 1)), "larger than 67,108,864 bytes", id="too-large"
        ),
        pytest.param(lambda path: archive(path, b"[1]"), "its config.json is not a JSON object", id="a-list"),
        pytest.param(
            lambda path: archive(path, head_config(spec="mean", requires=[3])),
            "reads 'name>=version', not",
            id="number",
        ),
        pytest.param(
            lambda path: archive(path, head_config(spec="mean", requires="kpool")),
            "requires is of type list, not 'kpool'",
            id="no-list",
        ),
    ],
)
def test_file_that_cannot_be_read(
    read: Callable[[Path], Any], write: Callable[[Path], Any], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    write(path)
    with pytest.raises(KpoolError, match=says):
        read(path)


def test_module_named_in_a_file_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    layer = {"module": "evil_module", "class_name": "Evil", "registered_name": "evil_module>Evil", "config": {}}
    archive(tmp_path / "model.keras", json.dumps(layer).encode())
    assert kpool.inspect(tmp_path / "model.keras").layers == ("evil_module>Evil",)
    with pytest.raises(KpoolError, match="names evil_module>Evil: neither Keras's nor registered here"):
        kpool.load_model(tmp_path / "model.keras")
    assert "evil_module" not in sys.modules


def test_pipe_is_no_layer_to_save_by_itself() -> None:
    assert keras.saving.get_registered_name(Pipe) == "Pipe"
    assert keras.saving.get_registered_name(kpool.Head) == "kpool>Head"
