"""What a component may be given: its init signature, read from its source so that no layer is imported.

A layer's module imports Keras, which takes seconds; its parameters stand in its text. So the text is read: the
`__init__` (or the function), its defaults, which are literals, and its annotations, which are made of `typing`,
`annotated_types` and `kpool.parameters`. Where an author wrote more than that, the component is imported instead.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import importlib.util
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from kpool.errors import PluginError
from kpool.hookspecs import Component
from kpool.parameters import Role

POOLING = "kpool.pooling:Pooling"
_LIGHT = {"typing", "annotated_types", "collections.abc", "kpool.parameters"}


@dataclass(frozen=True)
class Parameter:
    """One argument: its name, what it may be, and its value when nothing is said.

    `default` is `inspect.Parameter.empty` where a value must be given. `variadic` is "", "*" or "**".
    """

    name: str
    annotation: Any
    default: Any = inspect.Parameter.empty
    variadic: str = ""
    keyword_only: bool = False

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty and not self.variadic

    @property
    def role(self) -> Role | None:
        """Whether the argument is itself a spec: a region or a branch."""
        parts = (part for part in (self.annotation, *get_args(self.annotation)) if get_origin(part) is Annotated)
        return next((extra for part in parts for extra in part.__metadata__ if isinstance(extra, Role)), None)


Signature = Mapping[str, Parameter]

_VARIADIC: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


class _NotLightError(Exception):
    """The source says something that only importing it can answer."""


def signature(component: Component) -> Signature:
    """The parameters of a component, in order; a strategy's are followed by those of every pooling.

    A component with branches (`concat`) has no region of its own: its branches have theirs.
    """
    own = of_class(component.loaded) if component.loaded is not None else of_target(component.target)
    return _with_poolings(own) if component.kind == "strategy" else own


def of_strategy(cls: type) -> Signature:
    """The parameters of a strategy's class at hand."""
    return _with_poolings(of_class(cls))


def as_inspect(parameters: Signature) -> inspect.Signature:
    """The same as Python's own signature, to bind arguments with."""
    kinds = {variadic: kind for kind, variadic in _VARIADIC.items()}
    plain = {True: inspect.Parameter.KEYWORD_ONLY, False: inspect.Parameter.POSITIONAL_OR_KEYWORD}
    kind = {p.name: kinds.get(p.variadic, plain[p.keyword_only]) for p in parameters.values()}
    return inspect.Signature([inspect.Parameter(p.name, kind[p.name], default=p.default) for p in parameters.values()])


def _with_poolings(own: Signature) -> Signature:
    if any(parameter.variadic for parameter in own.values()):
        return own
    return {**own, **{name: p for name, p in of_target(POOLING).items() if name not in own}}


@functools.lru_cache(maxsize=1024)
def of_target(target: str) -> Signature:
    """The parameters of `"package.module:Name"`.

    Raises:
        PluginError: there is no such thing, or it cannot be imported.
    """
    try:
        return _of_source(target)
    except (_NotLightError, OSError, SyntaxError, ImportError):
        return of_class(_imported(target))


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"cannot load {target} ({error})") from error


@functools.lru_cache(maxsize=1024)
def of_class(target: Any) -> Signature:
    """The parameters of any class or function at hand."""
    init = target.__init__ if inspect.isclass(target) else target
    try:
        parameters = inspect.signature(init, eval_str=True).parameters.values()
    except NameError as error:
        raise PluginError(f"{target.__name__}: its annotations cannot be read ({error})") from error
    found = {}
    for parameter in parameters:
        if parameter.name == "self":
            continue
        variadic = _VARIADIC.get(parameter.kind, "")
        annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        read = Parameter(parameter.name, annotation, parameter.default, variadic, keyword_only)
        if not variadic or read.role:
            found[read.name] = read
    return found


def _of_source(target: str) -> Signature:
    module, _, attribute = target.partition(":")
    tree = _parse(module)
    node = next((n for n in tree.body if getattr(n, "name", None) == attribute), None)
    if isinstance(node, ast.ClassDef):
        node = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), node)
    if isinstance(node, ast.ClassDef) and _stands_on_pooling(node):
        return {}
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        raise _NotLightError(target)
    return _of_arguments(node.args, _names(tree))


def _parse(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise _NotLightError(module)
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _stands_on_pooling(node: ast.ClassDef) -> bool:
    """A class with no `__init__` of its own has no parameters of its own only if its base is kpool's."""
    return [ast.unparse(base) for base in node.bases] in (["kpool.Pooling"], ["Pooling"], ["Region"])


def _names(tree: ast.Module) -> dict[str, Any]:
    """What the module's import lines bind, as far as it is light."""
    names: dict[str, Any] = dict(vars(builtins))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in _LIGHT and node.level == 0:
            source = importlib.import_module(node.module)
            names |= {alias.asname or alias.name: getattr(source, alias.name) for alias in node.names}
        if isinstance(node, ast.Import):
            light = [a for a in node.names if a.name in _LIGHT and (a.asname or "." not in a.name)]
            names |= {alias.asname or alias.name: importlib.import_module(alias.name) for alias in light}
    return names


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
        raise _NotLightError(str(error)) from error
    return Parameter(node.arg, annotation, value, variadic, keyword_only)


def _evaluate(annotation: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    return eval(compile(ast.Expression(annotation), "<annotation>", "eval"), {"__builtins__": {}}, names)  # noqa: S307
