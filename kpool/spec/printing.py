"""Writes a spec as text: canonical, which is saved, and short, which is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kpool.errors import SpecError
from kpool.signatures import Parameter, signature
from kpool.spec.literals import is_word, write
from kpool.spec.tree import Call, Spec
from kpool.spec.values import check
from kpool.spec.wording import choices


def canonical(call: Call) -> str:
    """The call with its qualified name and every value, by keyword; branches that have no name stand first."""
    parameters = signature(call.component)
    return _call(call, [part for name, x in call.arguments.items() for part in _argument(parameters[name], x)])


def display(spec: Spec) -> str:
    """The spec with as little as will do."""
    return " | ".join(map(_short_call, spec.calls))


def _call(call: Call, arguments: list[str]) -> str:
    return f"{call.component.qualified}({', '.join(arguments)})" if arguments else call.component.qualified


def _argument(parameter: Parameter, value: Any) -> Iterator[str]:
    if parameter.variadic == "*":
        yield from map(str, value)
    elif parameter.variadic:
        yield from (f"{name}={branch}" for name, branch in value.items())
    else:
        yield f"{parameter.name}={_value(parameter, value)}"


def _value(parameter: Parameter, value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_value(parameter, item) for item in value)}]"
    if isinstance(value, (Call, Spec)) or (isinstance(value, str) and is_word(value) and value in choices(parameter)):
        return str(value)
    return write(value)


def _short_call(call: Call) -> str:
    parameters = signature(call.component)
    natural = None if call.component.kind == "strategy" else next(iter(parameters), None)
    arguments: list[str] = []
    for name, value in call.arguments.items():
        arguments += _short_argument(parameters[name], value, keyword=name != natural)
    return _call(call, arguments)


def _short_argument(parameter: Parameter, value: Any, *, keyword: bool) -> Iterator[str]:
    if parameter.variadic == "*":
        yield from map(display, value)
    elif parameter.variadic:
        yield from (f"{name}={display(branch)}" for name, branch in value.items())
    elif parameter.required or not _is_default(parameter, value):
        short = _short_value(parameter, value)
        yield f"{parameter.name}={short}" if keyword or parameter.keyword_only else short


def _is_default(parameter: Parameter, value: Any) -> bool:
    if parameter.role:
        return value is None and parameter.default is None
    return _value(parameter, value) == _value(parameter, check(parameter.name, parameter, parameter.default))


def _short_value(parameter: Parameter, value: Any) -> str:
    if isinstance(value, Call):
        return _short_call(value)
    if isinstance(value, Spec):
        return display(value)
    text = _value(parameter, value)
    if isinstance(value, float) and text.endswith(".0") and text != "-0.0" and _reads_as_float(parameter, int(value)):
        return text.removesuffix(".0")
    return text


def _reads_as_float(parameter: Parameter, whole: int) -> bool:
    """Whether `3` is read as 3.0; not so where the parameter takes ints as well."""
    try:
        return isinstance(check(parameter.name, parameter, whole), float)
    except SpecError:
        return False
