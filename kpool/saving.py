"""Loading what was saved, and reading what a file needs without loading it."""

from __future__ import annotations

import importlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpool import class_text, registry
from kpool.discovery import LOCAL
from kpool.distributions import is_installed
from kpool.errors import KpoolError, PluginError
from kpool.hookspecs import Component

if TYPE_CHECKING:
    import keras

_LARGEST_CONFIG = 64 * 2**20

# What files may name beside what the registry knows. MaxUnpooling takes two inputs, so no spec can name it.
_CLASSES = ("kpool.heads:Head", "kpool.region.occupied:Occupied", "kpool_plugins.vision.max_unpool:MaxUnpooling")


@dataclass(frozen=True)
class Inspection:
    """What a `.keras` file says of itself.

    Attributes:
        keras_version: The Keras that wrote it.
        specs: The canonical specs of its heads.
        layers: What of it stands outside heads and is not Keras's, as it is registered: `kpool>GeMPooling`.
        requires: The distributions its heads were made with.
        missing: Those of them that are not installed here, and the strategies of a session (`local/mine`) that are
            not defined here.
    """

    keras_version: str
    specs: tuple[str, ...]
    layers: tuple[str, ...]
    requires: tuple[str, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def inspect(path: str | Path) -> Inspection:
    """Read a `.keras` file's specs, plugins and versions; Keras is not imported, nothing in the file is run.

    Raises:
        KpoolError: if it is no `.keras` file.
    """
    config, metadata = _read(Path(path), "config.json"), _read(Path(path), "metadata.json")
    objects = list(_objects(config))
    heads = [o["config"] for o in objects if o.get("registered_name") == "kpool>Head"]
    requires = sorted({str(requirement) for head in heads for requirement in head.get("requires") or []})
    specs = tuple(str(head.get("spec")) for head in heads)
    return Inspection(
        keras_version=str(metadata.get("keras_version", "unknown")),
        specs=specs,
        layers=tuple(sorted({o["registered_name"] for o in objects if _is_bare(o)})),
        requires=tuple(requires),
        missing=(*(r for r in requires if not is_installed(r)), *_undefined(specs)),
    )


def load_model(path: str | Path, **kwargs: Any) -> keras.Model:
    """`keras.models.load_model`, with the layers of every plugin known to it and a short error for one that is missing.

    Only installed plugins are imported, never a module that the file names.

    Raises:
        PluginError: if a plugin the file needs is missing; the message says what to install.
    """
    import keras

    missing = [requirement for requirement in inspect(path).missing if not requirement.startswith(f"{LOCAL}/")]
    if missing:
        names = " ".join(requirement.partition(">=")[0] for requirement in missing)
        raise PluginError(f"{path} needs {', '.join(missing)}, not installed here. Install: pip install {names}")
    return keras.models.load_model(path, **kwargs)


def register_layers() -> None:
    """Tell Keras where kpool's classes and the plugins' layers are; each is imported when a file first names it."""
    import keras

    known = keras.saving.get_custom_objects()
    for target in _CLASSES:
        known.setdefault(f"kpool>{target.partition(':')[2]}", _Later(target))
    registry.default().when_loaded(_register_components)


def _register_components() -> None:
    import keras

    known, found = keras.saving.get_custom_objects(), registry.default()
    for component in found.strategies().values():
        known.setdefault(_registered_name(component), _Later(component.target))
    for component in found.stages().values():  # a function, whose module has the layers it gives
        module = component.target.partition(":")[0]
        for registered, name in class_text.serializable(module):
            known.setdefault(registered, _Later(f"{module}:{name}"))


class _Later:
    """Stands in Keras's registry for a class that is not yet imported."""

    def __init__(self, target: str) -> None:
        self._target = target

    def from_config(self, config: dict[str, Any]) -> Any:
        module, _, name = self._target.partition(":")
        return getattr(importlib.import_module(module), name).from_config(config)


def _registered_name(component: Component) -> str:
    module, _, name = component.target.partition(":")
    package = module.partition(".")[0]
    return f"{'kpool' if package == 'kpool_plugins' else package}>{name}"


def _read(path: Path, member: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(member).file_size > _LARGEST_CONFIG:
                raise zipfile.BadZipFile(f"its {member} is larger than {_LARGEST_CONFIG:,} bytes")
            read = json.loads(archive.read(member))
    # RuntimeError: an encrypted member, a compression that is not known, JSON that is too deep
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise KpoolError(f"{path} is no .keras file that can be read ({type(error).__name__}: {error})") from None
    if not isinstance(read, dict):
        raise KpoolError(f"{path}: its {member} is not a JSON object")
    return read


def _undefined(specs: tuple[str, ...]) -> Iterator[str]:
    """The strategies of a session that the specs name and this process has not."""
    here = {component.qualified for component in registry.default().strategies().values()}
    yield from sorted({name for spec in specs for name in re.findall(rf"\b{LOCAL}/\w+", spec)} - here)


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every serialised object in a config, at any depth."""
    pending = [config]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("config"), dict):
                yield node
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def _is_bare(node: dict[str, Any]) -> bool:
    name = node.get("registered_name")
    return isinstance(name, str) and ">" in name and name not in ("kpool>Head", "kpool>Occupied")
