"""Finds plugins and loads them one by one, so that a broken one hurts nobody but itself.

pluggy loads all plugins or none: one failing import, one raising hook, and everybody's components are gone. So each
plugin is asked by itself, and gets a PluginRecord that says what became of it.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pluggy

from kpool.hookcalls import BrokenPluginError, ask, hook_manager, place
from kpool.hookspecs import BUILTIN, Component
from kpool.selection import enabled

GROUP = "kpool"
LOCAL = "local"
"""Stands for a plugin's id with components of this process, as in `local/mine`."""

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # as the grammar of specs has it
_AT_LEAST = re.compile(r"kpool ?\(?>= ?([0-9]+(?:\.[0-9]+)*)\)?", re.IGNORECASE)
_ON_KPOOL = re.compile(r"kpool(?![\w.-])", re.IGNORECASE)


@dataclass(frozen=True)
class PluginRecord:
    """What became of one plugin.

    `state` is one of: ok, disabled, duplicate, incompatible, import_failed, bad_hook, invalid_component, conflict.
    `error` is one line; `where` is the `file:line` at which it failed; `seconds` is the time it took to load.
    """

    id: str
    distribution: str
    version: str
    state: str
    error: str = ""
    where: str = ""
    seconds: float = 0.0
    components: tuple[Component, ...] = field(default=(), repr=False)

    @property
    def broken(self) -> bool:
        return self.state not in ("ok", "disabled")

    def __str__(self) -> str:
        text = f"plugin {self.id!r} of {self.distribution} {self.version}: {self.state.replace('_', ' ')}"
        return text + (f" at {self.where}" if self.where else "") + (f": {self.error}" if self.error else "")


def installed() -> Iterable[importlib.metadata.EntryPoint]:
    """The entry points of every installed distribution; a scan of metadata, nothing is imported."""
    return importlib.metadata.entry_points(group=GROUP)


def importing(entries: Iterable[importlib.metadata.EntryPoint]) -> bool:
    """Whether the module of one of them is half-way through its import, and has not defined its hooks yet."""
    modules = (sys.modules.get(entry.module) for entry in entries)
    return any(getattr(getattr(module, "__spec__", None), "_initializing", False) for module in modules)


class _Found(NamedTuple):
    """An entry point, and what its distribution says of itself."""

    id: str
    distribution: str
    version: str
    value: str
    requires: tuple[str, ...]
    entry: importlib.metadata.EntryPoint


def load_all(entries: Iterable[importlib.metadata.EntryPoint]) -> tuple[PluginRecord, ...]:
    """A record of every plugin, by id; what is wrong with one stands in its record and is not raised."""
    unique = {found[:4]: found for found in map(_find, entries)}
    plugins = [unique[key] for key in sorted(unique)]
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for found in plugins:
        owners[found.id].append(f"{found.distribution} {found.version}")
    manager = hook_manager()
    return tuple(_without_shadows([_load(found, owners[found.id], manager) for found in plugins]))


def _find(entry: importlib.metadata.EntryPoint) -> _Found:
    if entry.dist is None:
        return _Found(entry.name, "unknown", "unknown", entry.value, (), entry)
    metadata = entry.dist.metadata  # each of dist.name, dist.version and dist.requires would parse it anew
    name, version = ((metadata.get_all(key) or ["unknown"])[0] for key in ("Name", "Version"))
    return _Found(entry.name, name, version, entry.value, tuple(metadata.get_all("Requires-Dist") or ()), entry)


def _load(found: _Found, owners: list[str], manager: pluggy.PluginManager) -> PluginRecord:
    record = PluginRecord(found.id, found.distribution, found.version, "ok")
    started = time.perf_counter()
    try:
        _admit(found, owners)
        given = ask(_import(found.entry), _package(found.entry), manager)
        record = replace(record, components=tuple(_owned(record, kind, component) for kind, component in given))
    except BrokenPluginError as error:
        record = replace(record, state=error.state, error=str(error), where=error.where)
    return replace(record, seconds=time.perf_counter() - started)


def _owned(record: PluginRecord, kind: str, component: Component) -> Component:
    return replace(component, kind=kind, plugin=record.id, distribution=record.distribution, version=record.version)


def _admit(found: _Found, owners: list[str]) -> None:
    """Everything that the metadata can tell, before the plugin is imported."""
    if found.distribution == BUILTIN:
        return  # a saved model must load whatever the environment and the neighbours say
    if not enabled(found.id):
        raise BrokenPluginError("disabled", "switched off by KPOOL_PLUGINS or KPOOL_DISABLE_PLUGINS")
    _admit_id(found.id)
    if len(owners) > 1:
        raise BrokenPluginError("duplicate", f"{' and '.join(owners)} have a plugin of the same id; uninstall one")
    for line in found.requires:
        if _ON_KPOOL.match(line):
            _admit_version(line)


def _admit_id(plugin: str) -> None:
    if plugin == LOCAL:
        raise BrokenPluginError("conflict", f"{LOCAL!r} is the id of what a process registers itself; choose another")
    if not _ID.fullmatch(plugin):
        message = f"no spec can spell the id {plugin!r}; an entry point's name has letters, digits, '_', '-' and '.'"
        raise BrokenPluginError("invalid_component", message)


def _admit_version(line: str) -> None:
    from packaging.version import Version

    from kpool import __version__

    plain = _AT_LEAST.fullmatch(line)
    if plain and Version(plain[1]) <= Version(__version__):
        return  # what nearly everybody writes; all else takes an import of 10 ms

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        raise BrokenPluginError("incompatible", f"cannot read its requirement {line!r}: {error}") from error
    applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    if applies and not requirement.specifier.contains(__version__, prereleases=True):
        raise BrokenPluginError("incompatible", f"it needs {line!r}, and this is kpool {__version__}; update either")


def _import(entry: importlib.metadata.EntryPoint) -> Any:
    try:
        return entry.load()
    except (Exception, SystemExit) as error:
        raise BrokenPluginError("import_failed", error, place(error, _package(entry))) from error


def _package(entry: importlib.metadata.EntryPoint) -> str:
    return re.split("[.:]", entry.value)[0]


def _without_shadows(records: list[PluginRecord]) -> Iterator[PluginRecord]:
    """A third party's component that takes a built-in name is left out; its siblings stay."""
    taken = {c.name for r in records for c in r.components if c.builtin}
    for record in records:
        shadows = [c.name for c in record.components if c.name in taken and not c.builtin]
        if not shadows:
            yield record
            continue
        kept = tuple(c for c in record.components if c.name not in shadows)
        error = f"{', '.join(shadows)}: a built-in has that name; choose another"
        yield replace(record, state="conflict", error=error, components=kept)
