"""Asks one plugin for its components; what goes wrong is said with its state and the plugin's own `file:line`."""

from __future__ import annotations

import inspect
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pluggy

from kpool.errors import PluginError
from kpool.hookspecs import Component, KpoolSpecs

HOOKS = MappingProxyType({"kpool_strategies": "strategy", "kpool_regions": "region", "kpool_stages": "stage"})
_ADVICE = f"kpool's hooks are {', '.join(HOOKS)}, each marked @kpool.hookimpl"

Hook = Callable[[], Any]


class BrokenPluginError(PluginError):
    """A plugin that cannot be used: `state` as in a PluginRecord, `where` as `file:line`; its text is one line."""

    def __init__(self, state: str, error: object, where: str = "") -> None:
        text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
        super().__init__(" ".join(text.split()))
        self.state = state
        self.where = where


def hook_manager() -> pluggy.PluginManager:
    """Knows kpool's hooks and no plugin; to make one for each plugin would take most of the time."""
    manager = pluggy.PluginManager("kpool")
    manager.add_hookspecs(KpoolSpecs)
    return manager


def ask(plugin: Any, package: str, manager: pluggy.PluginManager | None = None) -> tuple[tuple[str, Component], ...]:
    """Kind and component, of all that `plugin` gives; `package` is the name under which its own code runs.

    Raises:
        BrokenPluginError: bad_hook or invalid_component.
    """
    manager = manager or hook_manager()
    given = tuple((HOOKS[name], c) for name, hook in _hooks(plugin, manager) for c in _call(hook, package))
    twice = [name for name, count in Counter(component.name for _, component in given).items() if count > 1]
    if twice:
        raise BrokenPluginError("invalid_component", f"it gives {', '.join(twice)} more than once")
    return given


def place(error: BaseException, package: str) -> str:
    """The `file:line` of the innermost line that is the plugin's own, or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    places = [
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package
    ]
    return places[-1] if places else ""


def _hooks(plugin: Any, manager: pluggy.PluginManager) -> list[tuple[str, Hook]]:
    """The plugin's hooks, each with a name that kpool has."""
    hooks = _marked(plugin, manager)
    for name, hook in hooks:
        if name not in HOOKS:
            raise BrokenPluginError("bad_hook", f"there is no hook {name!r}; {_ADVICE}", _start(hook))
    for name in HOOKS.keys() - dict(hooks).keys():
        if callable(unmarked := inspect.getattr_static(plugin, name, None)):
            raise BrokenPluginError("bad_hook", f"{name} is not marked @kpool.hookimpl", _start(unmarked))
    if not hooks:
        raise BrokenPluginError("bad_hook", f"it has no hook; {_ADVICE}")
    return hooks


def _marked(plugin: Any, manager: pluggy.PluginManager) -> list[tuple[str, Hook]]:
    """Its marked functions, checked; the manager forgets it again."""
    try:
        manager.register(plugin)
        callers = manager.get_hookcallers(plugin) or []
        found = [(caller.name, implementation) for caller in callers for implementation in caller.get_hookimpls()]
    except Exception as error:
        raise BrokenPluginError("bad_hook", error) from error
    finally:
        if manager.is_registered(plugin):  # pluggy 1.6 keeps one that it has refused
            manager.unregister(plugin)
    for _, implementation in found:
        _check(implementation)
    return [(name, implementation.function) for name, implementation in found]


def _check(implementation: pluggy.HookImpl) -> None:
    """What pluggy lets pass: arguments that it does not see, or fills in by itself, and wrappers of other plugins."""
    hook = implementation.function
    if arguments := inspect.signature(hook).parameters:
        raise BrokenPluginError("bad_hook", f"a hook takes no arguments, not ({', '.join(arguments)})", _start(hook))
    if implementation.wrapper or implementation.hookwrapper or inspect.iscoroutinefunction(hook):
        raise BrokenPluginError("bad_hook", "a hook is a plain function, no wrapper and not async", _start(hook))


def _call(hook: Hook, package: str) -> Iterator[Component]:
    try:
        components = list(hook())  # a generator raises here, not later and elsewhere
    except PluginError as error:
        raise BrokenPluginError("invalid_component", error, place(error, package)) from error
    except (Exception, SystemExit) as error:
        raise BrokenPluginError("bad_hook", error, place(error, package) or _start(hook)) from error
    for component in components:
        if not isinstance(component, Component):
            message = f"a hook returns kpool.Component objects, not {component!r}"
            raise BrokenPluginError("invalid_component", message, _start(hook))
        yield component


def _start(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""
