"""Config: a layer can be written down, and read again as the same layer."""

from __future__ import annotations

import contextlib
import inspect
import json
from typing import Any

import keras

import kpool
from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import hold, same
from kpool.testing.target import Target


@check("The config cannot be written to a file.")
def json_round_trip(target: Target) -> None:
    config = target.first().get_config()
    again = json.loads(json.dumps(config))
    hold(_plain(again) == _plain(config), f"through JSON the config {config} became {again}")


@check("A layer built from its own config has other arguments.")
def from_config_equal(target: Target) -> None:
    layer = target.first()
    again = type(layer).from_config(layer.get_config())
    hold(type(again) is type(layer), f"it is a {type(again).__name__}, not a {type(layer).__name__}")
    hold(again.get_config() == layer.get_config(), f"{again.get_config()} instead of {layer.get_config()}")


@check("An argument is not in the config, and its default comes back.")
def arguments_kept(target: Target) -> None:
    layer = target.first()
    parameters = inspect.signature(type(layer)).parameters.values()
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)} - {"self"}
    missing = named - layer.get_config().keys()
    hold(not missing, f"the config lacks {', '.join(sorted(missing))}")


@check("A misspelt argument is taken without a word.")
def unknown_argument_refused(target: Target) -> None:
    layer = target.first()
    with contextlib.suppress(ValueError, TypeError):
        type(layer).from_config({**layer.get_config(), "no_such_argument": 1})
        raise AssertionError("no_such_argument=1 is taken without a word")


@check("A cloned model answers something else.")
def clone_model(target: Target) -> None:
    batch = target.batch()
    inputs = keras.Input(target.shape()[1:])
    model = keras.Model(inputs, target.make()(inputs))
    clone = keras.models.clone_model(model)
    given = [(w.path.rpartition("/")[2], w.shape) for w in clone.weights]
    expected = [(w.path.rpartition("/")[2], w.shape) for w in model.weights]
    hold(given == expected, f"the clone has weights {given}, the model {expected}")
    clone.set_weights(model.get_weights())
    same(run.call(clone.layers[-1], batch.x), run.call(model.layers[-1], batch.x), "the clone's answer")


@check("The spec of a layer builds another layer.")
def spec_round_trip(target: Target) -> None:
    layer = target.first()
    if target.component is None or not isinstance(layer, kpool.Pooling):
        raise Skipped("no plugin gives it, so it has no spec")
    spec = kpool.spec_of(layer)
    again = kpool.pool(spec)
    hold(type(again) is type(layer), f"{spec} builds a {type(again).__name__}, not a {type(layer).__name__}")
    hold(kpool.spec_of(again) == spec, f"{spec} came back as {kpool.spec_of(again)}")
    given, expected = _named(again), _named(layer)
    hold(given == expected, f"{spec} builds {given} instead of {expected}")


def _named(layer: keras.layers.Layer) -> dict[str, Any]:
    return {key: value for key, value in layer.get_config().items() if key != "name"}


def _plain(value: Any) -> Any:
    """Tuples as lists: JSON has no others."""
    if isinstance(value, dict):
        return {str(key): _plain(x) for key, x in value.items()}
    return [_plain(x) for x in value] if isinstance(value, (list, tuple)) else value
