"""Examines plugins, each in processes of its own: one that hangs or kills its process is found like any other fault."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from kpool.discovery import installed
from kpool.doctor.finding import Finding
from kpool.errors import KpoolError
from kpool.hookspecs import BUILTIN

__all__ = ["Finding", "examine"]

_SECONDS = 600
_CHOICE = ("KPOOL_PLUGINS", "KPOOL_DISABLE_PLUGINS")


def examine(plugin: str = "", seconds: float = _SECONDS) -> Iterator[Finding]:
    """What is right and wrong with a plugin, one after the other; with every installed one if none is named.

    Imports are examined first; the layers behind them, which takes Keras, only of what imports well. The built-ins'
    layers, which kpool's own tests examine, only if one of them is named. `seconds` is the time each process has.

    Raises:
        KpoolError: no plugin has that id.
    """
    owners = _owners(plugin)
    dropped = {"KPOOL_STRICT_PLUGINS", *(_CHOICE if plugin else ())}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    for one in [plugin] if plugin else sorted(owners):
        found = list(_run("probe", one, environment, seconds))
        yield from found
        if all(finding.status == "passed" for finding in found) and (plugin or owners[one] != BUILTIN):
            yield from _run("layers", one, environment, seconds)


def _owners(plugin: str) -> dict[str, str]:
    """The distributions of all ids, if `plugin` is one of these."""
    owners = {entry.name: entry.dist.name if entry.dist else "" for entry in installed()}
    if plugin and plugin not in owners:
        near = difflib.get_close_matches(plugin, owners, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise KpoolError(f"no installed plugin has the id {plugin!r}{hint}")
    return owners


def _run(module: str, plugin: str, environment: dict[str, str], seconds: float) -> Iterator[Finding]:
    """The findings that a module of this package prints, in a new process with the same path."""
    command = [sys.executable, "-P", "-m", f"kpool.doctor.{module}", plugin]
    options: dict[str, Any] = {"capture_output": True, "text": True, "check": False, "timeout": seconds}
    try:
        done = subprocess.run(command, env=environment, **options)  # noqa: S603
    except subprocess.TimeoutExpired:
        yield Finding(plugin, "", "survives", "failed", f"its process was stopped after {seconds:g} s")
        return
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        yield Finding(plugin, "", "survives", "failed", f"its process ended with code {done.returncode}: {last}")
        return
    for row in json.loads(done.stdout.splitlines()[-1]):
        yield Finding(**row)
