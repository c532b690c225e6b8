"""Watches what a process does, through Python's audit events, while it reads what it should not trust."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FORBIDDEN = (
    *("import", "exec", "compile", "open", "marshal.", "pickle.", "ctypes.dlopen", "code.", "shutil.", "tempfile."),
    *("os.", "subprocess.", "socket.", "urllib.", "http.", "webbrowser."),
)
HARMLESS = ("os.listdir", "os.scandir")  # importlib looks for changes of folders

_watches: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watches and event.startswith(FORBIDDEN) and event not in HARMLESS:
        _watches[-1].append(f"{event}{arguments!r:.200}")


sys.addaudithook(_hook)  # for good: Python has no way to take it off


@contextmanager
def watched() -> Iterator[list[str]]:
    """The forbidden events of a block."""
    events: list[str] = []
    _watches.append(events)
    try:
        yield events
    finally:
        _watches.remove(events)
