"""The three hooks through which a plugin gives kpool its components."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pluggy

from kpool.errors import PluginError

hookspec = pluggy.HookspecMarker("kpool")
hookimpl = pluggy.HookimplMarker("kpool")

BUILTIN = "kpool"
"""The distribution whose components are built in; their short names are theirs."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Component:
    """Something a spec can name: light, so that listing it imports no layer.

    Args:
        name: The name in a spec; lower-case snake case.
        target: `"package.module:Name"`, imported only when the component is built.
        summary: One sentence.

    The registry fills in the rest: `kind` (strategy, region or stage), `plugin` (the entry point's
    name), `distribution` and `version`.
    """

    name: str
    target: str
    summary: str = ""
    kind: str = ""
    plugin: str = ""
    distribution: str = ""
    version: str = ""
    loaded: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in ("true", "false", "none"):
            raise PluginError(f"a component is named in lower-case snake case, as no constant is, not {self.name!r}")
        module, colon, attribute = self.target.partition(":")
        if not (module and colon and attribute):
            raise PluginError(f"{self.name}: target must read 'package.module:Name', not {self.target!r}")

    @property
    def builtin(self) -> bool:
        return self.distribution == BUILTIN

    @property
    def qualified(self) -> str:
        """The name that no other plugin can take: short for a built-in, else `plugin/name`."""
        return self.name if self.builtin else f"{self.plugin}/{self.name}"

    @property
    def origin(self) -> str:
        """The distribution and its version."""
        return f"{self.distribution} {self.version}".rstrip()

    def load(self) -> Any:
        """The class or function itself; imports its module, and so Keras."""
        if self.loaded is not None:
            return self.loaded
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError(f"{self.qualified}: cannot load {self.target} ({reason})") from error


class KpoolSpecs:
    """Each hook returns Components and must import nothing heavy: no Keras, no TensorFlow."""

    @hookspec
    def kpool_strategies(self) -> Iterable[Component]:  # type: ignore[empty-body]
        """Give pooling strategies: `kpool.Pooling` classes."""

    @hookspec
    def kpool_regions(self) -> Iterable[Component]:  # type: ignore[empty-body]
        """Give regions: `kpool.region.base.Region` classes."""

    @hookspec
    def kpool_stages(self) -> Iterable[Component]:  # type: ignore[empty-body]
        """Give stages: Keras layer classes, or functions that return a Keras layer."""
