"""A target from whatever names one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

import kpool
from kpool import registry
from kpool.discovery import installed
from kpool.errors import KpoolError
from kpool.hookspecs import Component
from kpool.testing.target import Oracle, Target


def as_target(given: Any, *, seed: int = 0, oracle: Oracle | None = None) -> Target:
    """The target that a name, a spec, a class, an instance or a component says.

    Raises:
        SpecError: for a spec that cannot be understood.
        KpoolError: for anything else.
    """
    if isinstance(given, Target):
        return given
    return Target(*_named(given), oracle=oracle, seed=seed)


def _named(given: Any) -> tuple[str, Callable[[], keras.layers.Layer], Component | None, str]:
    if isinstance(given, str):
        calls = kpool.parse(given).calls
        single = len(calls) == 1 and calls[0].component.kind == "strategy"
        component = calls[0].component if single else None
        return given, functools.partial(kpool.pool if single else kpool.head, given), component, _plugin(component)
    if isinstance(given, Component):
        return given.qualified, lambda: given.load()(), given, _plugin(given)
    if isinstance(given, type) and issubclass(given, keras.layers.Layer):
        component = _component(given)
        return component.qualified if component else given.__name__, given, component, _plugin(component)
    if isinstance(given, keras.layers.Layer):
        component = _component(type(given))
        name = kpool.parse(kpool.spec_of(given)).display() if component else type(given).__name__
        return name, lambda: type(given).from_config(given.get_config()), component, _plugin(component)
    raise KpoolError(f"a target is a name, a spec, a layer class, a layer or a kpool.Component, not {given!r}")


def _component(cls: type) -> Component | None:
    try:
        return registry.default().of_class(cls)
    except KpoolError:
        return None


def _plugin(component: Component | None) -> str:
    """The entry point of a component's plugin: `module` or `module:object`."""
    if component is None:
        return ""
    return next((entry.value for entry in installed() if entry.name == component.plugin), "")
