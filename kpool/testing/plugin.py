"""Plugin: what gives the layer is light, is understood, and leaves the process as it was."""

from __future__ import annotations

import pkgutil

from kpool import hookcalls, registry
from kpool.errors import KpoolError
from kpool.hookspecs import Component
from kpool.pooling import Pooling
from kpool.testing.check import Skipped, check
from kpool.testing.compare import hold
from kpool.testing.target import Target


def _no_plugin(target: Target) -> str:
    return "" if target.plugin else "no plugin gives it"


@check("Listing strategies imports Keras or TensorFlow, and takes seconds.", unless=_no_plugin)
def import_light(target: Target) -> None:
    module = target.plugin.partition(":")[0]
    heavy = target.fresh.heavy_imports(module)
    hold(not heavy, f"import {module} imports {', '.join(heavy)}")


@check("A hook is misspelt, takes other arguments or gives something else, so that nobody sees it.", unless=_no_plugin)
def hook_signature(target: Target) -> None:
    plugin = pkgutil.resolve_name(target.plugin)
    try:
        given = hookcalls.ask(plugin, target.plugin.partition(".")[0])
    except KpoolError as error:
        raise AssertionError(str(error)) from error
    name = _component(target).name
    hold(any(component.name == name for _, component in given), f"{target.plugin}'s hooks do not give {name!r}")


@check("The catalogue has no sentence for it.", unless=_no_plugin)
def component_valid(target: Target) -> None:
    summary = _component(target).summary
    whole = summary.endswith(".") and "\n" not in summary and len(summary) <= 100
    hold(whole, f"a summary is one sentence of up to 100 characters with a full stop, not {summary!r}")


@check("A name in a spec leads nowhere, or to another class.", unless=_no_plugin)
def target_resolves(target: Target) -> None:
    component = _component(target)
    try:
        loaded = component.load()
    except KpoolError as error:
        raise AssertionError(str(error)) from error
    hold(isinstance(loaded, type) and issubclass(loaded, Pooling), f"{component.target} is no kpool.Pooling class")
    name = loaded.strategy_name
    hold(name == component.name, f"{component.target} is called {name!r}, its component {component.name!r}")


@check("Another plugin takes its name, so that a spec may mean either.", unless=_no_plugin)
def name_unique(target: Target) -> None:
    component = _component(target)
    try:
        found = registry.default().find(component.name)
    except KpoolError as error:
        raise AssertionError(str(error)) from error
    hold(found.target == component.target, f"{component.name!r} means {found.target}, not {component.target}")


@check("Importing it changes what all others rely on: a policy, a seed, the environment, a logger.")
def no_side_effects(target: Target) -> None:
    if target.module == "__main__":
        raise Skipped("it is defined in this process: there is nothing to import")
    changed = target.fresh.side_effects(target)
    hold(not changed, f"import {target.module} changes {', '.join(changed)}")


def _component(target: Target) -> Component:
    if target.component is None:
        raise Skipped("no plugin gives it")
    return target.component
