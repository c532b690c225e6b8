"""The registry: what a name means, among the components of all plugins.

What is found is loaded on first use and kept. A plugin that cannot be used is warned about once, in one line, and
named again where a name is missing that it may have given.
"""

from __future__ import annotations

import difflib
import importlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import MappingProxyType

from kpool.complaints import Complaints
from kpool.discovery import LOCAL, PluginRecord, importing, installed, load_all
from kpool.errors import AmbiguousNameError, PluginError, UnknownNameError
from kpool.hookspecs import Component

__all__ = ["PluginRecord", "Registry", "default"]


class Registry:
    """The components of all plugins, found on first use. Threads may share it.

    Args:
        entry_points: Where plugins are found; a registry for a test passes its own.
    """

    def __init__(self, entry_points: Callable[[], Iterable[EntryPoint]] = installed) -> None:
        self._entry_points = entry_points
        self._lock = threading.RLock()
        self._loading = False
        self._observers: list[Callable[[], None]] = []
        self._records: tuple[PluginRecord, ...] | None = None
        self._complaints = Complaints()
        self._local: dict[str, Component] = {}
        self._preferred: dict[str, str] = {}

    def plugins(self) -> list[PluginRecord]:
        """Every plugin found, working or not, in alphabetical order.

        Raises:
            PluginError: one is broken, and `KPOOL_STRICT_PLUGINS=1`.
        """
        with self._lock:
            if self._records is None:
                self._records = self._load()
                for act in self._observers:
                    act()
                self._complaints.say(self._records)
            return list(self._records)

    def when_loaded(self, act: Callable[[], None]) -> None:
        """Act as soon as the plugins are loaded, and again after each rescan.

        They are loaded now, unless one of them is importing: then `settle` loads them later.
        """
        with self._lock:
            self._observers.append(act)
            if self._records is not None:
                act()
            self.settle()

    def settle(self) -> None:
        """Load the plugins if they are not yet, and none of them is half-way through its import."""
        with self._lock:
            if self._records is None and not self._loading and not importing(self._entry_points()):
                self.plugins()

    def rescan(self) -> None:
        """Forget what was found, so that a plugin installed meanwhile is seen."""
        with self._lock:
            importlib.invalidate_caches()
            self._records = None

    def strategies(self) -> Mapping[str, Component]:
        return self._of_kind("strategy")

    def regions(self) -> Mapping[str, Component]:
        return self._of_kind("region")

    def stages(self) -> Mapping[str, Component]:
        return self._of_kind("stage")

    def add(self, component: Component) -> None:
        """Register a component of this process, such as a class in a notebook cell; a second run replaces it.

        Raises:
            PluginError: the name is a built-in's, or that of another class of this process.
        """
        with self._lock:
            if any(c.builtin for c in self._index().get(component.name, [])):
                raise PluginError(f"{component.name!r} is a built-in and cannot be replaced; choose another name")
            former = self._local.get(component.name, component)
            if former.target != component.target:
                message = f"{component.name!r} is {former.target} in this process, and cannot be {component.target} too"
                raise PluginError(f"{message}; only a class of the same module and name replaces it")
            self._local[component.name] = replace(component, plugin=LOCAL, distribution=LOCAL)

    def prefer(self, name: str, qualified: str) -> None:
        """Let the short `name` mean `qualified` (`plugin/name`) where several plugins give it."""
        found = self.find(qualified)
        if found.name != name:
            raise PluginError(f"{qualified!r} cannot be preferred for {name!r}: it is called {found.name!r}")
        with self._lock:
            self._preferred[name] = found.qualified

    def find(self, name: str) -> Component:
        """The component that `name` or `plugin/name` means.

        Raises:
            UnknownNameError: no plugin gives it; the message says what is near, and which broken plugin might have.
            AmbiguousNameError: several plugins give it.
        """
        plugin, slash, short = name.rpartition("/")
        found = [c for c in self._index().get(short, []) if not slash or c.plugin == plugin]
        if not found:
            raise UnknownNameError(self._unknown(name))
        chosen = [c for c in found if self._first(c)] or found
        if len(chosen) > 1:
            choices = " or ".join(f"{c.qualified!r} ({c.origin})" for c in found)
            raise AmbiguousNameError(f"{name!r} is given by several plugins: write {choices}")
        return chosen[0]

    def of_class(self, cls: type) -> Component:
        """The component that a class at hand is.

        Raises:
            UnknownNameError: no plugin gives the class.
        """
        target = f"{cls.__module__}:{cls.__qualname__}"
        for component in self._components():
            if component.loaded is cls or component.target == target:
                return component
        raise UnknownNameError(f"no plugin gives {target}; register it with @kpool.strategy(…) or an entry point")

    def _load(self) -> tuple[PluginRecord, ...]:
        if self._loading:
            raise PluginError("a plugin asks for kpool's components while plugins load; ask inside a function")
        self._loading = True
        try:
            records = load_all(self._entry_points())
        finally:
            self._loading = False
        broken = next((record for record in records if record.broken), None)
        if broken and os.environ.get("KPOOL_STRICT_PLUGINS") == "1":
            raise PluginError(str(broken))
        return records

    def _index(self) -> dict[str, list[Component]]:
        index = defaultdict(list)
        for component in self._components():
            index[component.name].append(component)
        return index

    def _components(self) -> Iterator[Component]:
        with self._lock:
            local = list(self._local.values())
        for record in self.plugins():
            yield from record.components
        yield from local

    def _of_kind(self, kind: str) -> Mapping[str, Component]:
        """By name; of several plugins that give a name, one has the short one if it is preferred to the others."""
        shown = {
            component.name if len(namesakes) == 1 or self._first(component) else component.qualified: component
            for namesakes in self._index().values()
            for component in namesakes
            if component.kind == kind
        }
        return MappingProxyType(dict(sorted(shown.items())))

    def _first(self, component: Component) -> bool:
        """Whether the short name is its own, whoever else gives it."""
        return component.builtin or self._preferred.get(component.name) == component.qualified

    def _unknown(self, name: str) -> str:
        plugin, _, short = name.rpartition("/")
        if plugin == LOCAL:
            return f"{short!r} was defined in a session: run its @kpool.strategy first, or make a plugin of it"
        near = difflib.get_close_matches(short, self._index(), n=3)
        message = f"no plugin gives {name!r}"
        if near:
            message += f"; did you mean {' or '.join(near)}?"
        suspects = [record for record in self.plugins() if record.state != "ok" and plugin in ("", record.id)]
        return "\n".join([message, *(f"It may be given by {record}" for record in suspects)])


_DEFAULT = Registry()


def default() -> Registry:
    """The registry of everything installed."""
    return _DEFAULT
