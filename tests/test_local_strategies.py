"""A strategy of this process, as one writes it in a notebook cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool import registry
from kpool.errors import PluginError, UnknownNameError
from kpool.reductions import Mean, Sum

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is registered here is gone with the test."""
    monkeypatch.setattr(registry, "_DEFAULT", kpool.Registry())


def cell(reduction: Any) -> type[kpool.Pooling]:
    """Runs the same cell, with another formula in it."""

    @kpool.strategy("mine")
    class Mine(kpool.Pooling):
        """Half of it."""

        def __init__(self, factor: float = 0.5, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def lift(self, x: Any) -> Any:
            return reduction(x)

        def lower(self, value: Any) -> Any:
            return value * self.factor

    return Mine


def test_a_cell_run_again_replaces_the_strategy() -> None:
    cell(Sum)
    cell(Mean)
    np.testing.assert_allclose(kpool.pool("mine(factor=2)")(X), 2 * X.mean(axis=1), rtol=1e-6)
    component = kpool.strategies()["mine"]
    assert (component.qualified, component.summary, component.kind) == ("local/mine", "Half of it.", "strategy")


def test_another_class_does_not_take_the_name() -> None:
    first = cell(Sum)
    with pytest.raises(PluginError, match="only a class of the same module and name replaces it"):

        @kpool.strategy("mine")
        class Other(kpool.Pooling):
            pass

    assert kpool.strategies()["mine"].load() is first


def test_it_is_saved_and_loaded_where_it_is_defined(tmp_path: Path) -> None:
    cell(Sum)
    inputs = keras.Input((None, 3))
    side_by_side = keras.layers.Concatenate()([kpool.pool("mine")(inputs), kpool.head("mine(3) | dense(2)")(inputs)])
    model = keras.Model(inputs, side_by_side)
    assert keras.saving.get_registered_name(type(model.layers[1])).endswith(">Mine")
    assert kpool.requirements("mine") == []
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(X), model(X))


def refused(name: str) -> type:
    """A class with an argument of this name."""
    names: dict[str, Any] = {}
    exec(f"def __init__(self, {name}=1, **kwargs): pass", names)  # noqa: S102
    return type("Refused", (kpool.Pooling,), {"__init__": names["__init__"], "__module__": __name__})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: keras.layers.Dense, "stands above a class made of kpool.Pooling", id="no pooling"),
        pytest.param(lambda: refused("use"), "a spec cannot give an argument called 'use'", id="key of the JSON twin"),
        pytest.param(lambda: refused("of"), "a spec cannot give an argument called 'of'", id="the other key"),
        pytest.param(lambda: refused("none"), "a spec cannot give an argument called 'none'", id="a constant"),
        pytest.param(lambda: refused("σ"), "a spec cannot give an argument called 'σ'", id="no letter of specs"),
    ],
)
def test_what_a_spec_could_not_use_is_refused_where_it_is_written(make: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        kpool.strategy("mine")(make())
    with pytest.raises(UnknownNameError):
        kpool.parse("mine")


def test_a_built_in_cannot_be_replaced() -> None:
    former = kpool.pool("mean")
    with pytest.raises(PluginError, match="'mean' is a built-in"):
        kpool.strategy("mean")(type("Mean", (kpool.Pooling,), {"__module__": __name__}))
    assert type(kpool.pool("mean")) is type(former)


def test_rescan_sees_what_the_environment_says_now(monkeypatch: pytest.MonkeyPatch) -> None:
    cell(Sum)
    monkeypatch.setenv("KPOOL_DISABLE_PLUGINS", "gremlin")
    kpool.strategies()  # seen already: the environment is read once
    kpool.rescan()
    with pytest.warns(UserWarning, match="KPOOL_DISABLE_PLUGINS names 'gremlin'"):
        kpool.strategies()
    assert "mine" in kpool.strategies()


def test_decorator_without_a_name() -> None:
    with pytest.raises(PluginError, match=r"a strategy needs a name: @kpool\.strategy"):
        kpool.strategy(kpool.Pooling)  # type: ignore[arg-type]


def test_model_of_a_session_says_so_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell(Mean)
    inputs = keras.Input((None, 3))
    keras.Model(inputs, kpool.head("mine | dense(2)")(inputs)).save(tmp_path / "model.keras")
    assert kpool.inspect(tmp_path / "model.keras").missing == ()
    monkeypatch.setattr(registry, "_DEFAULT", kpool.Registry())  # as in another process
    assert kpool.inspect(tmp_path / "model.keras").missing == ("local/mine",)
    with pytest.raises(UnknownNameError, match=r"'mine' was defined in a session: run its @kpool\.strategy first"):
        kpool.load_model(tmp_path / "model.keras")
