"""Loads one plugin, beside the built-ins, and tells what came of it: `python -m kpool.doctor.probe ID`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from kpool.discovery import PluginRecord, installed
from kpool.doctor.finding import Finding, as_line
from kpool.hookspecs import BUILTIN
from kpool.registry import Registry

HEAVY = ("keras", "tensorflow", "torch", "jax")


class _Watch:
    """A finder that finds nothing, and notes who asks for what is heavy."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in HEAVY and name not in self.seen:
            self.seen[name] = _importer()


def probe(plugin: str) -> list[Finding]:
    """What the plugin's record says, and what its import brought with it."""
    watch = _Watch()
    sys.meta_path.insert(0, watch)
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        records = Registry(lambda: _entries(plugin)).plugins()
    found = [_loads(record) for record in records if record.id == plugin]
    return found + [_light(plugin, watch.seen)] * any(finding.status == "passed" for finding in found)


def _entries(plugin: str) -> Iterator[importlib.metadata.EntryPoint]:
    for entry in installed():
        if entry.name == plugin or (entry.dist and entry.dist.name == BUILTIN):
            yield entry


def _loads(record: PluginRecord) -> Finding:
    if record.state == "disabled":
        return Finding(record.id, "", "loads", "skipped", record.error)
    if record.broken:
        return Finding(record.id, "", "loads", "failed", str(record))
    given = ", ".join(component.name for component in record.components) or "nothing"
    message = f"{record.distribution} {record.version} gives {given}, in {1000 * record.seconds:.1f} ms"
    return Finding(record.id, "", "loads", "passed", message)


def _light(plugin: str, seen: dict[str, str]) -> Finding:
    if not seen:
        return Finding(plugin, "", "import_light", "passed")
    by = "; ".join(f"{name}, imported at {place}" for name, place in seen.items())
    return Finding(plugin, "", "import_light", "failed", f"listing strategies takes seconds because of {by}")


def _importer() -> str:
    """The `file:line` of the innermost import that is not Python's own machinery."""
    frame = sys._getframe(2)
    while frame.f_back and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


if __name__ == "__main__":
    print(as_line(probe(sys.argv[1])))  # noqa: T201 (the answer, to the process that asked)
