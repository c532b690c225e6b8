"""A registry of its own for the tests of the language: small components, and no layer behind them."""

# No `from __future__ import annotations`: annotations that are text would be evaluated while a test listens for that.
import dataclasses
from typing import Annotated, Any, Literal

from kpool.hookspecs import Component
from kpool.parameters import Activation, Between, Branch, Count, Fraction, RegionSpec
from kpool.registry import PluginRecord, Registry


class Mean:
    def __init__(self) -> None: ...


class GeM:
    def __init__(
        self,
        p: Annotated[float, Between(1, 64)] = 3.0,
        negatives: Literal["clamp", "signed", "error"] = "clamp",
    ) -> None: ...


class Fancy:
    def __init__(self, scales: list[float] = [1.0, 2.0], label: str = "a b", depth: int | float = 1) -> None: ...  # noqa: B006


class Concat:
    def __init__(self, *branches: Branch) -> None: ...


class Heads:
    def __init__(self, **branches: Branch) -> None: ...


class Mix:
    def __init__(self, *branches: Branch, temperature: float = 1.0) -> None: ...


class Window:
    def __init__(
        self, size: Count | list[Count] = 2, strides: Count | None = None, padding: Literal["valid", "same"] = "valid"
    ) -> None: ...


class Everything:
    def __init__(self) -> None: ...


class Dense:
    def __init__(self, units: Count, activation: Activation = "linear", use_bias: bool = True) -> None: ...


class Dropout:
    def __init__(self, rate: Fraction) -> None: ...


class L2Norm:
    def __init__(self) -> None: ...


class Gate:
    """A stage with a pipe of its own, and a region that is not the whole input if none is given."""

    def __init__(self, by: Branch = None, over: RegionSpec = "window(3)") -> None: ...


def _component(loaded: Any, name: str, kind: str, plugin: str = "basic") -> Component:
    distribution = "kpool" if plugin == "basic" else f"kpool-{plugin}"
    component = Component(name, f"toys:{loaded.__name__}", f"A toy {kind}.", loaded=loaded)
    return dataclasses.replace(component, kind=kind, plugin=plugin, distribution=distribution, version="1.0")


BASIC = (
    _component(Mean, "mean", "strategy"),
    _component(Mean, "max", "strategy"),
    _component(GeM, "gem", "strategy"),
    _component(Concat, "concat", "strategy"),
    _component(Heads, "heads", "strategy"),
    _component(Mix, "mix", "strategy"),
    _component(Window, "window", "region"),
    _component(Everything, "everything", "region"),
    _component(Dense, "dense", "stage"),
    _component(Dropout, "dropout", "stage"),
    _component(L2Norm, "l2_norm", "stage"),
    _component(Gate, "gate", "stage"),
)
ACME = (_component(Fancy, "fancy", "strategy", "acme"), _component(Mean, "shared", "strategy", "acme"))
OTHER = (_component(Mean, "shared", "strategy", "other-one"),)


def registry() -> Registry:
    """The toys: those of kpool, of the plugin acme, and of other-one, which gives a `shared` as acme does."""
    made = Registry(list)
    made._records = (
        PluginRecord("basic", "kpool", "1.0", "ok", components=BASIC),
        PluginRecord("acme", "kpool-acme", "1.0", "ok", components=ACME),
        PluginRecord("other-one", "kpool-other-one", "1.0", "ok", components=OTHER),
    )
    return made
