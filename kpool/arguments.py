"""The arguments a strategy or a region was made with: bound as Python binds them, checked, kept as literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kpool.errors import SpecError
from kpool.signatures import Signature, as_inspect
from kpool.spec.values import check


def checked(owner: str, parameters: Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument by name, defaults included, as its annotation says.

    Raises:
        SpecError: for an argument that is unknown, missing, of another type or out of its bounds.
    """
    try:
        bound = as_inspect(parameters).bind(*args, **kwargs)
    except TypeError as error:
        raise SpecError(f"{owner}: {error}; it takes {', '.join(parameters) or 'no arguments'}") from None
    bound.apply_defaults()
    return {name: check(owner, parameters[name], value) for name, value in bound.arguments.items()}
