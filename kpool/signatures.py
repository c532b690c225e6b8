"""What a component may be given: its init signature, read from its text where that says all, else from the object."""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import Any

from kpool.errors import PluginError
from kpool.hookspecs import Component
from kpool.parameters import Parameter, Signature
from kpool.signature_text import NotLightError, of_text

__all__ = ["Parameter", "Signature", "as_inspect", "of_class", "of_strategy", "of_target", "signature"]

POOLING = "kpool.pooling:Pooling"
_TAKEN = {"use", "of", "true", "false", "none"}  # keys of a spec's JSON twin, and constants
_VARIADIC: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def signature(component: Component) -> Signature:
    """The parameters of a component, in order; a strategy's are followed by those of every pooling.

    A component with branches (`concat`) has no region of its own: its branches have theirs.

    Raises:
        PluginError: it cannot be read, or a spec cannot say it.
    """
    own = of_class(component.loaded) if component.loaded is not None else of_target(component.target)
    _check_names(component.qualified, own)
    return _with_poolings(own) if component.kind == "strategy" else own


def of_strategy(cls: type) -> Signature:
    """The parameters of a strategy's class at hand."""
    own = of_class(cls)
    _check_names(cls.__name__, own)
    return _with_poolings(own)


def as_inspect(parameters: Signature) -> inspect.Signature:
    """The same as Python's own signature, to bind arguments with."""
    kinds = {variadic: kind for kind, variadic in _VARIADIC.items()}
    plain = {True: inspect.Parameter.KEYWORD_ONLY, False: inspect.Parameter.POSITIONAL_OR_KEYWORD}
    kind = {p.name: kinds.get(p.variadic, plain[p.keyword_only]) for p in parameters.values()}
    return inspect.Signature([inspect.Parameter(p.name, kind[p.name], default=p.default) for p in parameters.values()])


def _check_names(owner: str, own: Signature) -> None:
    for name, parameter in own.items():
        if not parameter.variadic and (name in _TAKEN or not name.isascii()):
            raise PluginError(f"{owner}: a spec cannot give an argument called {name!r}; rename it")


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
        return of_text(target)
    except (NotLightError, OSError, SyntaxError, ValueError, ImportError):
        return of_class(_imported(target))


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise PluginError(f"cannot load {target} ({type(error).__name__}: {error})") from error


@functools.lru_cache(maxsize=1024)
def of_class(target: Any) -> Signature:
    """The parameters of any class or function at hand."""
    init = target.__init__ if inspect.isclass(target) else target
    try:
        parameters = inspect.signature(init, eval_str=True).parameters.values()
    except Exception as error:
        name = getattr(target, "__name__", repr(target))
        raise PluginError(f"{name}: its annotations cannot be read ({error})") from error
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
