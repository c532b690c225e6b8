"""Says what a parameter takes, for messages and for `kpool info`."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at

from kpool.parameters import Role
from kpool.signatures import Parameter, Signature
from kpool.spec.literals import is_word, shown, write

_FEW = 8
_SIGNS: dict[type, str] = {at.Ge: "≥", at.Gt: ">", at.Le: "≤", at.Lt: "<"}
_NAMES: dict[Any, str] = {type(None): "none", None: "none", str: "text", bool: "true | false", Any: "any literal"}


def describe(parameter: Parameter) -> str:
    """A parameter in a line: `p: float in [1, 64] = 3.0`, `units: int ≥ 1`, `*branches: branch`."""
    line = f"{parameter.variadic}{parameter.name}: {takes(parameter)}"
    if parameter.required or parameter.variadic:
        return line
    return f"{line} = {default_text(parameter)}"


def describe_call(name: str, signature: Signature) -> str:
    """A component with everything it takes: `l2_norm()`, `dense(units: int ≥ 1, use_bias: true | false = true)`."""
    return f"{name}({', '.join(map(describe, signature.values()))})"


def takes(parameter: Parameter) -> str:
    """What a parameter may be, in words: `float in [1, 64]`, `clamp | signed | error`."""
    return parameter.role.value if parameter.role else in_words(parameter.annotation)


def default_text(parameter: Parameter) -> str:
    """The default as it stands in a spec."""
    default = parameter.default
    if isinstance(default, str) and (parameter.role or (is_word(default) and default in choices(parameter))):
        return default
    return shown(default)


def choices(parameter: Parameter) -> tuple[str, ...]:
    """The words that the parameter allows, by itself or within a list."""
    return tuple(choice for choice in _choices(parameter.annotation) if isinstance(choice, str))


def allows_text(parameter: Parameter) -> bool:
    """Whether any string will do."""
    return any(part is str for part in _parts(parameter.annotation))


def in_words(annotation: Any, *, every: bool = False) -> str:
    """An annotation in words; of many choices only some are shown, unless `every` one is asked for."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bounded(in_words(arguments[0], every=every), arguments[1:])
    if origin is Literal:
        return _enumerated(arguments, every=every)
    if origin in (Union, types.UnionType):
        return " | ".join(in_words(part, every=every) for part in arguments)
    if arguments:
        return f"list of {in_words(arguments[0], every=every)}"
    return _NAMES.get(annotation, "list" if annotation in (list, tuple) else getattr(annotation, "__name__", ""))


def _parts(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of."""
    yield annotation
    if get_origin(annotation) is Annotated:
        yield from _parts(annotation.__origin__)
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _choices(annotation: Any) -> Iterator[Any]:
    for part in _parts(annotation):
        if get_origin(part) is Literal:
            yield from get_args(part)


def _enumerated(values: tuple[Any, ...], *, every: bool) -> str:
    words = [value if isinstance(value, str) and is_word(value) else write(value) for value in values]
    if every or len(words) <= _FEW:
        return " | ".join(words)
    return f"{' | '.join(words[:3])} | … | {words[-1]} ({len(words)} choices)"


def _bounded(words: str, metadata: tuple[Any, ...]) -> str:
    bounds = {type(bound): bound for bound in _bounds(metadata)}
    low = bounds.get(at.Ge) or bounds.get(at.Gt)
    high = bounds.get(at.Le) or bounds.get(at.Lt)
    if low and high:
        left, right = "[" if isinstance(low, at.Ge) else "(", "]" if isinstance(high, at.Le) else ")"
        words += f" in {left}{_limit(low)}, {_limit(high)}{right}"
    elif low or high:
        words += f" {_SIGNS[type(low or high)]} {_limit(low or high)}"
    if at.MultipleOf in bounds:
        words += f", a multiple of {bounds[at.MultipleOf].multiple_of}"
    return words + _sized(bounds)


def _sized(bounds: dict[type, Any]) -> str:
    low = bounds[at.MinLen].min_length if at.MinLen in bounds else None
    high = bounds[at.MaxLen].max_length if at.MaxLen in bounds else None
    if low is None and high is None:
        return ""
    if None in (low, high):
        return f", at most {high} of them" if low is None else f", at least {low} of them"
    return f", exactly {low} of them" if low == high else f", {low} to {high} of them"


def _bounds(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for extra in metadata:
        if isinstance(extra, at.GroupedMetadata):
            yield from _bounds(tuple(extra))
        elif not isinstance(extra, Role):
            yield extra


def _limit(bound: Any) -> Any:
    (limit,) = dataclasses.astuple(bound)
    return limit
