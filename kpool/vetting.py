"""What a `.keras` file's config says, looked at before Keras builds it; nothing is imported or built here.

Keras 3.15.1 finds a class in its own API, among the registered ones, or in a module of Keras's, by what a file names.
What no file that kpool loads may hold is refused here, whatever is installed; what must be registered is given by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from kpool.distributions import is_installed
from kpool.errors import KpoolError
from kpool.spec import check_syntax

DEEPEST = 256
"""How deep a config may be nested: three levels for each model within a model; Python's own limit is 1,000."""

_HEAD = "kpool>Head"
_OF_KPOOL = re.compile(r"kpool>[A-Z][A-Za-z0-9]*")
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"}
_UNSAFE = {
    "Lambda": "holds Python code",
    "TFSMLayer": "runs a graph of another file",
    "TorchModuleWrapper": "holds a pickle",
    "__lambda__": "is Python code",
    "__typespec__": "names a class of any module",
}


def objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every serialised object in a config.

    Raises:
        KpoolError: it is nested too deep.
    """
    pending = [(config, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > DEEPEST:
            raise KpoolError(f"its config is nested more than {DEEPEST} deep")
        if isinstance(node, dict):
            if "config" in node and ("class_name" in node or "registered_name" in node):
                yield node
            pending += [(value, depth + 1) for value in node.values()]
        elif isinstance(node, list):
            pending += [(value, depth + 1) for value in node]


def heads(config: Any) -> list[dict[str, Any]]:
    """The configs of the heads in a file's config, each of which can be one.

    Raises:
        KpoolError: one cannot, or an object beside them is one that no file may hold.
    """
    found = list(objects(config))
    for node in found:
        _check(node)
    return [_checked_head(node["config"]) for node in found if registered_name(node) == _HEAD]


def registered_name(node: dict[str, Any]) -> str:
    """The name by which Keras looks for it among what is registered."""
    return str(node.get("registered_name") or node.get("class_name"))


def is_kerass(node: dict[str, Any]) -> bool:
    """Whether Keras looks for it in its own API alone, and imports nothing else."""
    module = node.get("module") or "keras"
    return module.partition(".")[0] == "keras" or (module == "builtins" and node.get("class_name") == "function")


def _check(node: dict[str, Any]) -> None:
    class_name, module, name = node.get("class_name", ""), node.get("module"), registered_name(node)
    if not (isinstance(class_name, str) and isinstance(module, str | None) and _is_text(node.get("registered_name"))):
        raise KpoolError(f"class_name, module and registered_name are text, not {class_name!r}, {module!r}, {name!r}")
    for said in (name, class_name if is_kerass(node) else ""):
        if said in _UNSAFE:
            raise KpoolError(f"it holds a {said}, which {_UNSAFE[said]}; if you trust it, load it with Keras alone")
    if class_name.startswith("__") and class_name not in _VALUES:
        raise KpoolError(f"it holds {class_name!r}, which is no value that Keras writes")
    if name.startswith("kpool>") and not _OF_KPOOL.fullmatch(name):
        raise KpoolError(f"it holds {name!r}, and no class of kpool's has such a name")
    if not is_kerass(node) and str(module).partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
        raise KpoolError(f"it names {module}.{class_name}, of Python's own library, where no layer is")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _checked_head(config: Any) -> dict[str, Any]:
    if not isinstance(config, dict):
        raise KpoolError(f"a head's config is an object, not {config!r}")
    check_syntax(config.get("spec"))
    kinds = {"requires": list, "policies": dict, "frozen": list, "budget": int}
    for key, kind in kinds.items():
        if not isinstance(config.get(key), kind | None):
            raise KpoolError(f"a head's {key} is of type {kind.__name__}, not {config[key]!r}")
    for requirement in config.get("requires") or []:
        is_installed(requirement)  # or cannot be read
    return config
