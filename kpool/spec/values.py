"""Checks one value against the parameter it is for."""

from __future__ import annotations

import difflib
import functools
import json
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from kpool.errors import PluginError, SpecError
from kpool.signatures import Parameter
from kpool.spec.literals import plain, shown
from kpool.spec.wording import choices, describe, in_words, takes

__all__ = ["adapter", "check", "describe"]


def check(owner: str, parameter: Parameter, value: object) -> object:
    """The value as the parameter's type: an int where a float is asked becomes one, a list becomes a tuple.

    A region or a branch is returned as it is: whoever builds it checks it.

    Raises:
        SpecError: the value is of another type, out of bounds or not among the choices.
        PluginError: the parameter's annotation is not one that a literal can meet.
    """
    if parameter.role:
        return value
    try:
        literal = plain(value)
        return plain(adapter(parameter.annotation).validate_json(json.dumps(literal), strict=True))
    except ValidationError as error:
        raise _wrong(owner, parameter, value, error) from None
    except PydanticUserError as error:
        raise PluginError(f"{owner}: no literal can be {parameter.name}: {error.message.splitlines()[0]}") from None
    except SpecError as error:
        raise SpecError(f"{owner}: {parameter.name} must be {takes(parameter)}: {error}") from None


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """pydantic's validator for an annotation."""
    try:
        return _cached_adapter(annotation)
    except TypeError:  # an annotation that cannot be hashed: Annotated[int, [...]]
        return TypeAdapter(annotation)


@functools.lru_cache(maxsize=1024)
def _cached_adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _wrong(owner: str, parameter: Parameter, value: object, error: ValidationError) -> SpecError:
    allowed = choices(parameter)
    message = f"{owner}: {parameter.name} must be {in_words(parameter.annotation, every=True)}, not {shown(value)}"
    near = difflib.get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
    hint = f"; did you mean {near[0]}?" if near else ""
    own = [str(e["ctx"]["error"]) for e in error.errors() if e["type"] == "value_error"]
    return SpecError(message + hint + "".join(f" ({reason})" for reason in own))
