"""Hostile `.keras` files: each is refused with a KpoolError, before anything is imported, run or allocated for it."""

from __future__ import annotations

import json
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool import BudgetError, KpoolError, SpecError, UnknownNameError
from kpool.signatures import signature
from kpool.spec.wording import allows_text

from .watching import watched

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15.1, NumPy 2
Config = dict[str, Any]
HUGE = 10**11


def layer(class_name: str, module: Any = "keras.layers", registered: Any = None, **config: Any) -> Config:
    return {"module": module, "class_name": class_name, "registered_name": registered, "config": config}


def head(spec: Any = "mean | dense(2)", **config: Any) -> Config:
    return layer("Head", "kpool.heads", "kpool>Head", spec=spec, **config)


def bare(name: str, **config: Any) -> Config:
    return layer(name, "kpool_plugins.anywhere", f"kpool>{name}", **config)


def model(*layers: Config) -> Config:
    """A Sequential model, as Keras writes it."""
    first = layer("InputLayer", batch_shape=[None, 6, 4])
    return {
        **layer("Sequential", "keras", name="s", layers=[first, *layers]),
        "build_config": {"input_shape": [1, 6, 4]},
    }


def within(value: Any) -> Config:
    """Where a hostile object may hide: an argument of one of Keras's own layers."""
    return layer("Dense", units=1, kernel_initializer=value)


def nested(depth: int) -> Config:
    inner: Any = {}
    for _ in range(depth):
        inner = {"a": [inner]}
    return inner


def write(path: Path, config: Config | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": keras.__version__}))
        archive.writestr("model.weights.h5", b"")
    return path


function = {"class_name": "function", "config": "system", "registered_name": "system"}
# What no file may hold: refused by kpool.inspect as well.
NEVER = {
    "os.system": (layer("system", "os", command="true"), "names os.system, of Python's own library"),
    "subprocess": (layer("Popen", "subprocess", args="true"), "names subprocess.Popen"),
    "os-as-registered": (layer("system", "os", "os>system"), "names os.system"),
    "builtins": (layer("eval", "builtins", source="1"), "names builtins.eval"),
    "function-of-os": ({**function, "module": "posix"}, "names posix.function"),
    "in-an-initializer": (within(layer("system", "os")), "names os.system"),
    "in-the-policies-of-a-head": (head(policies={"dense_1": layer("system", "os")}), "names os.system"),
    "in-the-dtype-of-a-head": (head(dtype=layer("system", "os")), "names os.system"),
    "Lambda": (layer("Lambda", function={"class_name": "__lambda__", "config": {}}), "holds a Lambda"),
    "lambda-by-itself": (within({"class_name": "__lambda__", "config": {"value": "4wA="}}), "holds a __lambda__"),
    "lambda-registered": (layer("__lambda__", "evil", "evil>x"), "'__lambda__', which is no value"),
    "Lambda-of-a-submodule": (layer("Lambda", "keras.src.layers.core.lambda_layer"), "holds a Lambda"),
    "TFSMLayer": (layer("TFSMLayer", filepath="/tmp/x"), "holds a TFSMLayer"),  # noqa: S108
    "TorchModuleWrapper": (layer("TorchModuleWrapper", module="gASV"), "holds a TorchModuleWrapper"),
    "typespec": (within({"class_name": "__typespec__", "config": []}), "holds a __typespec__"),
    "unknown-value": (within({"class_name": "__reduce__", "config": {}}), "is no value that Keras writes"),
    "private-class": (layer("_Later", "kpool.saving", "kpool>_Later"), "no class of kpool's has such a name"),
    "path": (layer("x", None, "kpool>../x"), "no class of kpool's has such a name"),
    "method": (layer("x", None, "kpool>Head.from_config"), "no class of kpool's has such a name"),
    "class-name-is-a-list": ({"class_name": ["os"], "config": {}}, "class_name, module and registered_name are text"),
    "module-is-a-number": (layer("Dense", 3), "class_name, module and registered_name are text"),
    "head-without-config": ({**head(), "config": "mean"}, "a head's config is an object"),
    "code-as-spec": (head("__import__('os').system('true')"), "'.' means nothing in a spec"),
    "spec-is-an-object": (head({"use": "mean"}), "a spec is text"),
    "spec-too-long": (head("mean | " * 1000 + "mean"), "at most 4,096 characters"),
    "spec-too-deep": (head("concat(" * 400 + ")" * 400), "brackets stand at most 16 deep"),
    "option-of-pip": (head(requires=["-r https://evil>=1"]), "a requirement reads 'name>=version'"),
    "requires-no-list": (head(requires={"kpool": 1}), "requires is of type list"),
    "policies-no-object": (head(policies=["x"]), "policies is of type dict"),
    "frozen-no-list": (head(frozen="dense_1"), "frozen is of type list"),
    "nested": (within(nested(200)), "nested more than 256 deep"),
}  # fmt: skip
# What depends on what is installed: kpool.inspect shows it, kpool.load_model refuses it.
NOT_HERE = {
    "module-on-the-path": (layer("Evil", "evil_module", "evil_module>Evil"), "evil_module>Evil: neither Keras's nor"),
    "unregistered": (layer("Evil", "evil_module"), "names Evil: neither Keras's nor"),
    "unregistered-function": ({**function, "module": "evil"}, "names system: neither Keras's nor"),
    "no-class-of-kpool": (layer("Nothing", "kpool.heads", "kpool>Nothing"), "names kpool>Nothing: neither"),
    "class-that-is-not-registered": (layer("Pipe", "kpool.pipe", "kpool>Pipe", spec="mean"), "names kpool>Pipe"),
    "module-of-keras-that-is-no-layer": (layer("Popen", "keras.src.utils.file_utils"), "Keras cannot load"),
    "function-of-keras-that-loads": (within({**function, "module": "keras.saving", "config": "load_model"}), "Keras"),
    "reads-a-file": (layer("StringLookup", vocabulary="/etc/hostname"), "Keras cannot load"),
    "reads-a-file-as-text": (layer("TextVectorization", vocabulary="/etc/hostname"), "Keras cannot load"),
    "unknown-strategy": (head("os | dense(2)"), "no plugin gives 'os'"),
    "region-is-code": (bare("MeanPooling", over="__import__('os')"), "means nothing in a spec|is not|no plugin"),
    "region-is-a-strategy": (bare("MeanPooling", over="max"), "max is a strategy, not a region"),
    "region-is-an-object": (bare("MeanPooling", over=layer("InputLayer")), "over|Keras cannot load"),
    "policy-is-a-layer": (head(policies={"dense_1": head()}), "must be a dtype policy as Keras writes it"),
    "argument-no-head-has": (head(call="os.system"), "the config of a head has no 'call'"),
    "budget-no-number": (head(budget="all"), "budget"),
}  # fmt: skip
# What would take more memory than there is.
HUGE_ONES = {
    "head": head(f"mean | dense({HUGE})"),
    "head-that-allows-itself": head(f"mean | dense({HUGE})", budget=2**62),
    "strategy": bare("AttentionPooling", units=HUGE),
    "layer-of-keras": layer("Dense", units=HUGE),
    "network-with-states": layer("GRU", units=10**6, stateful=True),
    "table": layer("Embedding", input_dim=HUGE, output_dim=9),
}


@pytest.fixture(autouse=True, scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What an honest file makes Python import is imported."""
    path = tmp_path_factory.mktemp("warm") / "model.keras"
    inputs = keras.Input((6, 4))
    layers = [kpool.head("concat(mean, max) | mlp([4, 3]) | dense(3)"), kpool.pool("attention(over=window(2))")]
    keras.Model(inputs, [layer(inputs) for layer in (*layers, kpool.pool("mean"), kpool.pool("gem"))]).save(path)
    kpool.load_model(path)
    with pytest.raises(KpoolError):
        kpool.inspect(write(path, model(head("means("))))


@contextmanager
def quiet(path: Path) -> Iterator[None]:
    """Within it `path` may be opened; nothing else may be opened, imported or run, nor 256 MiB be taken."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with watched() as events:
        yield
    assert [event for event in events if not (event.startswith("open") and str(path) in event)] == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18


@pytest.mark.parametrize("read", [kpool.inspect, kpool.load_model])
@pytest.mark.parametrize("name", NEVER)
def test_never_read(name: str, read: Any, tmp_path: Path) -> None:
    config, says = NEVER[name]
    path = write(tmp_path / "model.keras", model(config))
    with quiet(path), pytest.raises(KpoolError, match=says) as caught:
        read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", NOT_HERE)
def test_not_loaded(name: str, tmp_path: Path) -> None:
    config, says = NOT_HERE[name]
    path = write(tmp_path / "model.keras", model(config))
    with quiet(path), pytest.raises(KpoolError, match=says):
        kpool.load_model(path)


@pytest.mark.parametrize("name", HUGE_ONES)
def test_not_allocated(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "model.keras", model(HUGE_ONES[name]))
    with quiet(path), pytest.raises(BudgetError, match=r"needs [\d,]+ parameters"):
        kpool.load_model(path)


@pytest.mark.parametrize("read", [kpool.inspect, kpool.load_model])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b" " * (64 * 2**20 + 1), "larger than 67,108,864 bytes", id="zip-bomb"),
        pytest.param(b'{"a":' * 50_000, "RecursionError", id="nested-json"),
    ],
)
def test_bombs(content: bytes, says: str, read: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "model.keras", content)
    with quiet(path), pytest.raises(KpoolError, match=says):
        read(path)


def test_safe_mode_stays_on(tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match="loads in safe mode; if you trust the file: keras"):
        kpool.load_model(write(tmp_path / "model.keras", model()), safe_mode=False)


def test_a_file_is_read_as_what_was_looked_at(tmp_path: Path) -> None:
    """One that is a zip and HDF5 at once would be, by its name, another model to Keras than to kpool."""
    with pytest.raises(KpoolError, match=r"is a \.keras file by another name; rename it"):
        kpool.load_model(write(tmp_path / "model.h5", model(head())))


def recurrent() -> keras.Model:
    return keras.Sequential([keras.Input((6, 4), batch_size=2), keras.layers.LSTM(3, stateful=True)])


def compiled() -> keras.Model:
    inputs = keras.Input((6, 4))
    made = keras.Model(inputs, kpool.head("gem | batch_norm | dropout | dense(3)")(inputs))
    made.compile("adam", "mse", metrics=["mae"])
    made.fit(np.zeros((4, 6, 4)), np.zeros((4, 3)), verbose=0)
    return made


def nested_models() -> keras.Model:
    made = compiled()
    for _ in range(20):
        inputs = keras.Input((6, 4))
        made = keras.Model(inputs, made(inputs))
    return made


@pytest.mark.parametrize("make", [recurrent, compiled, nested_models])
def test_honest_files_load(make: Any, tmp_path: Path) -> None:
    saved = make()
    kpool.save_model(saved, tmp_path / "model.keras")
    loaded = kpool.load_model(tmp_path / "model.keras")
    assert loaded.compiled == saved.compiled
    x = np.ones((2, 6, 4), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), saved.predict(x, verbose=0))


def test_custom_objects_are_the_callers_to_give(tmp_path: Path) -> None:
    class Mine(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    path = write(tmp_path / "model.keras", model(layer("Mine", "somewhere", "Mine")))
    assert kpool.inspect(path).layers == ("Mine",)
    with pytest.raises(KpoolError, match="names Mine: neither"):
        kpool.load_model(path)
    with pytest.raises(KpoolError, match="Keras cannot load"):  # its weights: the file has none
        kpool.load_model(path, custom_objects={"Mine": Mine})


@pytest.mark.parametrize(
    ("config", "error"),
    [
        pytest.param(head("__import__('os').system('true')"), SpecError, id="code-as-spec"),
        pytest.param(head(requires=["--index-url=x"]), KpoolError, id="no-requirement"),
        pytest.param(head(requires="kpool>=1"), KpoolError, id="no-list"),
        pytest.param(head(policies={"dense_1": layer("system", "os")}), KpoolError, id="policy-of-os"),
        pytest.param(head(policies={"dense_1": head("max")}), KpoolError, id="policy-is-a-registered-layer"),
        pytest.param(
            head(policies={"dense_1": {"class_name": "deserialize", "config": {}}}), KpoolError, id="function"
        ),
        pytest.param(head(policies=["dense_1"]), KpoolError, id="policies-no-object"),
        pytest.param(head(frozen=3), KpoolError, id="frozen-no-list"),
        pytest.param(head(evil=1), SpecError, id="unknown-key"),
        pytest.param(bare("GeMPooling", over="__import__('os')"), SpecError, id="code-as-region"),
        pytest.param(bare("GeMPooling", p="os.system"), SpecError, id="code-as-number"),
        pytest.param(bare("GeMPooling", evil=1), SpecError, id="unknown-argument"),
    ],
)
def test_plain_keras_builds_nothing_of_kpools_but_what_is_registered(config: Config, error: type[Exception]) -> None:
    with watched() as events, pytest.raises(error):
        keras.layers.deserialize(config)
    assert events == []


@pytest.mark.parametrize(
    "name", ["Lambda", "TFSMLayer", "keras", "os", "system", "Pipe", "Head", "GeMPooling", "Registry", "kpool/gem"]
)
@pytest.mark.parametrize(
    "written", [lambda name: name, lambda name: f"concat({name}(), mean)"], ids=["alone", "inside"]
)
def test_a_head_is_built_of_components_alone(name: str, written: Any) -> None:
    """No class, module or function has a name in a spec, not even one of kpool's own, but what a plugin gives."""
    with watched() as events, pytest.raises(UnknownNameError, match="no plugin gives"):
        kpool.Head.from_config({"spec": written(name)})
    assert events == []


def test_no_component_of_kpools_takes_any_text() -> None:
    """A string that an argument takes is one of its choices: none could be a path, a module or a function's name."""
    components = [*kpool.strategies().values(), *kpool.stages().values(), *kpool.regions().values()]
    own = [component for component in components if component.builtin]
    assert len(own) > 90
    assert [(c.name, p.name) for c in own for p in signature(c).values() if allows_text(p)] == []
