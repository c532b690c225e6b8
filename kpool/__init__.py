"""kpool: every way to pool, one string away.

This page is the public index: what stands here is kept, all else may change. Importing it imports neither Keras nor
TensorFlow; a name is fetched from its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import wrapt

from kpool.errors import (
    AmbiguousNameError,
    BudgetError,
    KpoolError,
    MaskError,
    PluginError,
    SpecError,
    UnknownNameError,
)
from kpool.hookspecs import Component, hookimpl

if TYPE_CHECKING:
    from kpool import ops, reductions, testing
    from kpool.exporting import export
    from kpool.factory import (
        head,
        parse,
        plugins,
        pool,
        prefer,
        regions,
        requirements,
        rescan,
        spec_of,
        stages,
        strategies,
        strategy,
    )
    from kpool.heads import Head
    from kpool.inspection import inspect
    from kpool.lowering import lower
    from kpool.pooling import Pooling
    from kpool.registry import PluginRecord, Registry
    from kpool.saving import load_model, save_model
    from kpool.shards import pool_shards
    from kpool.spec import Spec
    from kpool.workers import distribute

__version__ = "0.1.0"

_HOME = {
    "kpool.factory": (
        "head", "pool", "parse", "spec_of", "requirements",
        "strategies", "regions", "stages", "plugins", "prefer", "rescan", "strategy",
    ),
    "kpool.exporting": ("export",),
    "kpool.heads": ("Head",),
    "kpool.lowering": ("lower",),
    "kpool.pooling": ("Pooling",),
    "kpool.registry": ("PluginRecord", "Registry"),
    "kpool.inspection": ("inspect",),
    "kpool.saving": ("load_model", "save_model"),
    "kpool.shards": ("pool_shards",),
    "kpool.spec": ("Spec",),
    "kpool.workers": ("distribute",),
}  # fmt: skip
_MODULES = ("ops", "reductions", "testing")

__all__ = [
    "AmbiguousNameError",
    "BudgetError",
    "Component",
    "Head",
    "KpoolError",
    "MaskError",
    "PluginError",
    "PluginRecord",
    "Pooling",
    "Registry",
    "Spec",
    "SpecError",
    "UnknownNameError",
    "distribute",
    "export",
    "head",
    "hookimpl",
    "inspect",
    "load_model",
    "lower",
    "ops",
    "parse",
    "plugins",
    "pool",
    "pool_shards",
    "prefer",
    "reductions",
    "regions",
    "requirements",
    "rescan",
    "save_model",
    "spec_of",
    "stages",
    "strategies",
    "strategy",
    "testing",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"kpool.{name}")
    for module, names in _HOME.items():
        if name in names:
            value = globals()[name] = getattr(importlib.import_module(module), name)
            return value
    raise AttributeError(f"module 'kpool' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


@wrapt.when_imported("keras")
def _make_loadable(_: Any) -> None:
    """As soon as Keras is there, it can load a Head and the layers of every plugin from a file."""
    importlib.import_module("kpool.saving").register_layers()


@wrapt.when_imported("kpool.pooling")
def _settle(_: Any) -> None:
    """Where kpool was first imported by a plugin, in the middle of its import, that is over once it needs a layer."""
    importlib.import_module("kpool.registry").default().settle()
