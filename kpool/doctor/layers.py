"""Loads what a plugin gives, and makes the kit's light checks of its strategies: `python -m kpool.doctor.layers ID`."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import keras

from kpool import registry
from kpool.doctor.finding import Finding, as_line
from kpool.errors import KpoolError
from kpool.hookspecs import Component
from kpool.pooling import Pooling
from kpool.region.base import Region
from kpool.signatures import signature
from kpool.testing import check_strategies

LIGHT = ("plugin", "config")

_KINDS: dict[str, tuple[type, str]] = {
    "strategy": (Pooling, "a class made of kpool.Pooling"),
    "region": (Region, "a class made of kpool.region.base.Region"),
    "stage": (keras.layers.Layer, "a Keras layer class, or a function that returns a layer"),
}


def examine_layers(plugin: str) -> Iterator[Finding]:
    """A finding for every look at every component."""
    (record,) = (record for record in registry.default().plugins() if record.id == plugin)
    for component in record.components:
        yield (loads := _loads(component))
        if loads.status == "passed":
            yield (says := _says(component))
            if says.status == "passed" and component.kind == "strategy":
                yield from _kit(component)


def _loads(component: Component) -> Finding:
    """The target is there, and is what its kind asks for."""
    base, expected = _KINDS[component.kind]
    try:
        loaded = component.load()
    except KpoolError as error:
        return _finding(component, "target_loads", str(error))
    fits = issubclass(loaded, base) if inspect.isclass(loaded) else component.kind == "stage" and callable(loaded)
    return _finding(component, "target_loads", "" if fits else f"{component.target} is {loaded!r}, not {expected}")


def _says(component: Component) -> Finding:
    """Its parameters can be read and said in a spec, and its text says what its class says."""
    try:
        read = signature(component)
        there = signature(dataclasses.replace(component, loaded=component.load()))
    except KpoolError as error:
        return _finding(component, "signature", str(error))
    differ = [name for name in {**read, **there} if read.get(name) != there.get(name)]
    wrong = f"{', '.join(differ)}: its text says otherwise than the imported class does"
    return _finding(component, "signature", wrong if differ else "")


def _kit(component: Component) -> Iterator[Finding]:
    if any(parameter.required or parameter.variadic for parameter in signature(component).values()):
        message = "it cannot be made without arguments: put a spec with some through kpool.testing.check_strategy"
        yield Finding(component.plugin, component.name, "kit", "skipped", message)
        return
    (report,) = check_strategies([component], only=LIGHT)
    for row in report.rows:
        status: Any = row.status if row.status == "skipped" else "passed" if row.ok else "failed"
        yield Finding(component.plugin, component.name, row.id, status, " ".join(row.message.split()))


def _finding(component: Component, check: str, wrong: str) -> Finding:
    return Finding(component.plugin, component.name, check, "failed" if wrong else "passed", wrong)


def main() -> None:
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        line = as_line(examine_layers(sys.argv[1]))
    print(line)  # noqa: T201 (the answer, to the process that asked)


if __name__ == "__main__":
    main()
