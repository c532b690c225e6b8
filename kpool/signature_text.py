"""Reads a signature from a component's text, so that no layer is imported.

A layer's module imports Keras, which takes seconds; its parameters stand in its text. So the text is read: the
`__init__` (or the function), its defaults, which are literals, and its annotations, which are made of `typing`,
`annotated_types` and `kpool.parameters`. Where an author wrote more than that, the component must be imported.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
from typing import Any

from kpool.class_text import definition, imported, tree
from kpool.parameters import Parameter, Signature

_LIGHT = {"typing", "annotated_types", "collections.abc", "kpool.parameters"}


class NotLightError(Exception):
    """The text says something that only importing it can answer."""


def of_text(target: str) -> Signature:
    """The parameters of `"package.module:Name"`.

    Raises:
        NotLightError, OSError, SyntaxError, ValueError, ImportError: they cannot be read there.
    """
    module, _, attribute = target.partition(":")
    node = definition(module, attribute)
    if isinstance(node, ast.ClassDef):
        node = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), node)
    if isinstance(node, ast.ClassDef) and _stands_on_pooling(node):
        return {}
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        raise NotLightError(target)
    return _of_arguments(node.args, _Names(module))


def _stands_on_pooling(node: ast.ClassDef) -> bool:
    """A class with no `__init__` of its own has no parameters of its own only if its base is kpool's."""
    return [ast.unparse(base) for base in node.bases] in (["kpool.Pooling"], ["Pooling"], ["Region"])


class _Names(dict[str, Any]):
    """What a module's names mean, as far as that is light: imports, and names that it or kpool gives a type."""

    def __init__(self, module: str) -> None:
        super().__init__(vars(builtins))
        self.module = module
        for node in tree(module).body:
            if isinstance(node, ast.ImportFrom) and node.module in _LIGHT and node.level == 0:
                source = importlib.import_module(node.module)
                self |= {alias.asname or alias.name: getattr(source, alias.name) for alias in node.names}
            if isinstance(node, ast.Import):
                light = [a for a in node.names if a.name in _LIGHT and (a.asname or "." not in a.name)]
                self |= {alias.asname or alias.name: importlib.import_module(alias.name) for alias in light}

    def __missing__(self, name: str) -> Any:
        """`Several = Count | Fraction`, in this module or in the one of kpool's that it is imported from."""
        for node in tree(self.module).body:
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
                return _evaluate(node.value, self)
        module, _, origin = imported(self.module).get(name, "").rpartition(".")
        if not module.startswith("kpool."):
            raise KeyError(name)
        return _Names(module)[origin]


def _of_arguments(arguments: ast.arguments, names: dict[str, Any]) -> Signature:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_read(a, d, names) for a, d in zip(positional, defaults, strict=True) if a.arg != "self"]
    if arguments.vararg:
        found.append(_read(arguments.vararg, None, names, "*"))
    found += [
        _read(a, d, names, keyword_only=True) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append(_read(arguments.kwarg, None, names, "**"))
    return {p.name: p for p in found if not p.variadic or p.role}


def _read(
    node: ast.arg, default: ast.expr | None, names: dict[str, Any], variadic: str = "", keyword_only: bool = False
) -> Parameter:
    try:
        annotation = Any if node.annotation is None else _evaluate(node.annotation, names)
        value = inspect.Parameter.empty if default is None else ast.literal_eval(default)
    except (NameError, AttributeError, TypeError, ValueError) as error:
        raise NotLightError(str(error)) from error
    return Parameter(node.arg, annotation, value, variadic, keyword_only)


def _evaluate(annotation: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    return eval(compile(ast.Expression(annotation), "<annotation>", "eval"), {"__builtins__": {}}, names)  # noqa: S307
