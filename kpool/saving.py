"""Saving whole or not at all, and loading what was saved."""

from __future__ import annotations

import copy
import importlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpool import class_text, registry, vetting
from kpool.discovery import LOCAL
from kpool.distributions import outdated
from kpool.errors import BudgetError, KpoolError, PluginError
from kpool.files import replacing
from kpool.hookspecs import Component
from kpool.inspection import Inspection, read_through

if TYPE_CHECKING:
    import keras

_PER_BYTE = 8
"""The most weights that a byte of a file is taken to hold: int4 packs two, and somebody may have compressed it."""

# What files may name beside what the registry knows. MaxUnpooling takes two inputs, so no spec can name it.
_CLASSES = ("kpool.heads:Head", "kpool.region.occupied:Occupied", "kpool_plugins.vision.max_unpool:MaxUnpooling")


def load_model(path: str | Path, **kwargs: Any) -> keras.Model:
    """`keras.models.load_model`, with the layers of every plugin known to it and a short error for one that is missing.

    The file is looked through first. Only installed plugins are imported, never a module that the file names.

    Args:
        path: A `.keras` file.
        kwargs: As of `keras.models.load_model`: `custom_objects`, `compile`. `safe_mode` stays on.

    Raises:
        PluginError: if a plugin the file needs is missing or older; the message says what to install.
        BudgetError: if it would take many times the memory that its weights take in the file.
        KpoolError: if the file cannot be loaded, or holds what no file that kpool loads may hold (SECURITY.md).
    """
    if not kwargs.pop("safe_mode", True):
        raise KpoolError("kpool.load_model loads in safe mode; if you trust the file: keras.models.load_model")
    path = Path(path)
    inspection, config = read_through(path)
    _check_installed(path, inspection)
    if path.suffix != ".keras":  # by the suffix Keras may read it as HDF5, and so something else than was looked at
        raise KpoolError(f"{path} is a .keras file by another name; rename it")

    import keras

    _check_registered(path, config, kwargs.get("custom_objects"))
    try:
        _check_size(path, config, kwargs.get("custom_objects"))
        return keras.models.load_model(path, **kwargs)
    except KpoolError:
        raise
    except Exception as error:
        said = f"Keras cannot load {path}, or not count its parameters ({type(error).__name__}: {_first_line(error)})"
        raise KpoolError(f"{said}; if you trust the file: keras.models.load_model") from error


def save_model(model: keras.Model, path: str | Path) -> None:
    """`model.save(path)`, but whole or not at all: written beside `path`, then renamed.

    What was at `path` stays as it was if the disk is full, the process is interrupted or killed, or saving fails.

    Args:
        model: Any Keras model, of kpool's layers or not.
        path: Where to, a `.keras` file. Missing folders are made.

    Raises:
        KpoolError: the operating system does not let it be written, or it is no `.keras` file.
    """
    if Path(path).suffix != ".keras":  # HDF5 1.14 keeps an .h5 file open, half written, once the disk is full
        raise KpoolError(f"save_model writes .keras files, not {Path(path).name}; other formats are model.save's")
    with replacing(Path(path)) as aside:
        model.save(aside)


def _check_installed(path: Path, inspection: Inspection) -> None:
    missing = [requirement for requirement in inspection.missing if not requirement.startswith(f"{LOCAL}/")]
    if missing:
        names = " ".join(requirement.partition(">=")[0] for requirement in missing)
        raise PluginError(f"{path} needs {', '.join(missing)}, not installed here. Install: pip install {names}")
    if inspection.newer:
        raise PluginError(f"{path} was written with {outdated(inspection.newer)}")


def _check_registered(path: Path, config: dict[str, Any], custom_objects: dict[str, Any] | None) -> None:
    """Plugins' layers are registered by now; what else a file names, the caller has imported or hands over."""
    import keras

    foreign = {vetting.registered_name(node) for node in vetting.objects(config) if not vetting.is_kerass(node)}
    unknown = [name for name in sorted(foreign) if not keras.saving.get_registered_object(name, custom_objects)]
    if unknown:
        raise KpoolError(
            f"{path} names {', '.join(unknown)}: neither Keras's nor registered here. Import what defines them first, "
            "or hand them over with custom_objects="
        )


def _check_size(path: Path, config: dict[str, Any], custom_objects: dict[str, Any] | None) -> None:
    """Build a twin whose variables have shapes only, and count: every weight of an honest file is in it.

    Optimizers and the states of recurrent layers are no weights of it, and would be allocated.
    """
    import keras

    from kpool.heads import BUDGET
    from kpool.unallocated import shapes_only

    plain = copy.deepcopy(config)
    for node in vetting.objects(plain):
        node.pop("compile_config", None)
        if isinstance(node["config"], dict) and node["config"].get("stateful"):
            node["config"]["stateful"] = (
                False  # an RNN's states are made of tensors, which no such scope allows (3.15.1)
            )
    with shapes_only():
        twin = keras.saving.deserialize_keras_object(plain, custom_objects, safe_mode=True)
    needed = sum(math.prod(variable.shape) for variable in getattr(twin, "variables", ()))
    allowed = max(BUDGET, _PER_BYTE * path.stat().st_size)
    if needed > allowed:
        raise BudgetError(f"{path} needs {needed:,} parameters, and cannot hold more than {allowed:,} of them")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")[:300]


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
