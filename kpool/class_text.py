"""Reads a class from its text, with the classes it stands on, so that no layer is imported."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

Definition = ast.ClassDef | ast.FunctionDef

UNKNOWN: Any = object()
"""Stands for a value that only running the class can tell."""


@dataclass(frozen=True)
class ClassText:
    """What is written of a class, or of a function.

    Attributes:
        docstring: Its own.
        values: The attributes that a class body gives as literals, its own before the inherited ones.
        methods: The names of the methods that are written for it, below the root.
    """

    docstring: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()


@functools.lru_cache(maxsize=1024)
def of_target(target: str, root: str) -> ClassText:
    """The text of `"package.module:Name"`, down to the class `root`; empty where there is none to read."""
    found = lineage(target, root)
    if not found:
        return ClassText()
    nodes = [node for _, node in found]
    lines = [line for name, node in found if name != root for line in node.body]
    methods = frozenset(line.name for line in lines if isinstance(line, ast.FunctionDef))
    return ClassText(ast.get_docstring(nodes[0]) or "", _values(nodes), methods)


def of_object(found: Any, root: str) -> ClassText:
    """The same of a class or function at hand, such as one of a notebook's cell."""
    lineage = inspect.getmro(found) if inspect.isclass(found) else ()
    names = [f"{cls.__module__}:{cls.__name__}" for cls in lineage]
    below = lineage[: names.index(root)] if root in names else ()
    values = {name: inspect.getattr_static(found, name) for cls in lineage for name in vars(cls)}
    return ClassText(
        inspect.cleandoc(found.__doc__ or ""),
        {name: value if isinstance(value, bool | str | tuple) else UNKNOWN for name, value in values.items()},
        frozenset(name for cls in below for name in vars(cls)),
    )


@functools.lru_cache(maxsize=1024)
def lineage(target: str, root: str) -> tuple[tuple[str, Definition], ...]:
    """The definition of `target`, and of the classes it stands on down to `root`, nearest first; each with its target.

    A class is left out where its text is not at hand, or is neither its author's nor kpool's.
    """
    found: dict[str, Definition] = {}
    for name, node in _climb(target, root):
        found.pop(name, None)  # of several ways to a class the longest counts, as in Python's own order
        found[name] = node
    return tuple(found.items())


def text_of(module: str) -> str:
    """The module's text; nothing where it cannot be found or read."""
    try:
        spec = _spec(module)
        origin = spec.origin or "" if spec else ""
        return Path(origin).read_text(encoding="utf-8") if origin.endswith(".py") else ""
    except (ImportError, ValueError, OSError):
        return ""


@functools.lru_cache(maxsize=1024)
def tree(module: str) -> ast.Module:
    try:
        return ast.parse(text_of(module))
    except SyntaxError:
        return ast.Module([], [])


def definition(module: str, name: str) -> Definition | None:
    """What a module itself says of a class or a function."""
    found = (node for node in tree(module).body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    return next((node for node in found if node.name == name), None)


def _spec(module: str) -> ModuleSpec | None:
    """Where a module stands; `importlib.util.find_spec` would import the packages that it is in."""
    package = module.rpartition(".")[0]
    if not package:
        return importlib.util.find_spec(module)
    above = _spec(package)
    return PathFinder.find_spec(module, above.submodule_search_locations) if above else None


@functools.lru_cache(maxsize=1024)
def imported(module: str) -> Mapping[str, str]:
    """What the names that a module imports, be it under an `if`, stand for: `package.module.name`."""
    names: dict[str, str] = {}
    lines = tree(module).body
    for node in itertools.chain(lines, *(line.body for line in lines if isinstance(line, ast.If))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            tops = {alias.name.partition(".")[0] for alias in node.names if not alias.asname}
            names |= {top: top for top in tops} | {alias.asname: alias.name for alias in node.names if alias.asname}
    return names


def serializable(module: str) -> list[tuple[str, str]]:
    """The classes that a module registers with Keras: the name they are registered under, and their own."""
    classes = [node for node in tree(module).body if isinstance(node, ast.ClassDef)]
    calls = [(node.name, call) for node in classes for call in node.decorator_list if isinstance(call, ast.Call)]
    return [
        (f"{_literal(call.args[0]) if call.args else 'Custom'}>{name}", name)
        for name, call in calls
        if ast.unparse(call.func).endswith("register_keras_serializable")
    ]


def as_target(dotted: str) -> str:
    """`package.module.Name` as `package.module:Name`."""
    return ":".join(dotted.rpartition(".")[::2])


def _climb(target: str, root: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, Definition]]:
    if target in seen:  # modules that import a name from each other
        return
    seen |= {target}
    module, _, name = target.partition(":")
    if node := definition(module, name):
        yield target, node
    elif origin := imported(module).get(name):
        yield from _climb(as_target(origin), root, seen)
    if isinstance(node, ast.ClassDef) and target != root:
        for base in map(ast.unparse, node.bases):
            yield from _climb(_home(base, module), root, seen)


def _home(base: str, module: str) -> str:
    """The target that a module means by a base's name; ":" if it is another author's."""
    first, dot, rest = base.partition(".")
    origin = imported(module).get(first)
    if origin is None:
        return f"{module}:{base}"
    ours = origin.partition(".")[0] in ("kpool", module.partition(".")[0])
    return as_target(origin + dot + rest) if ours else ":"


def _values(lineage: list[Definition]) -> dict[str, Any]:
    values = dict(pair for node in reversed(lineage) for pair in _assigned(node))
    stored = {name for node in lineage for name in _stored(node)}
    return {name: UNKNOWN if name in stored else value for name, value in values.items()}


@functools.cache
def _stored(node: Definition) -> frozenset[str]:
    """The attributes that its methods give to an instance."""
    nodes = (each for each in ast.walk(node) if isinstance(each, ast.Attribute))
    return frozenset(each.attr for each in nodes if isinstance(each.ctx, ast.Store))


def _assigned(node: Definition) -> Iterator[tuple[str, Any]]:
    """A class body's attributes; a method or a property is none that can be told."""
    for line in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(line, ast.FunctionDef):
            yield line.name, UNKNOWN
        if isinstance(line, ast.Assign):
            yield from ((t.id, _literal(line.value)) for t in line.targets if isinstance(t, ast.Name))
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is not None:
            yield line.target.id, _literal(line.value)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
