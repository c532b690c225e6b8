"""Numbers, strings, true, false, none and lists of them: as text and as Python values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from types import MappingProxyType

from kpool.errors import SpecError
from kpool.spec.limits import LIMITS

Literal = int | float | str | bool | None | tuple["Literal", ...]

CONSTANTS = MappingProxyType({"true": True, "false": False, "none": None, "True": True, "False": False, "None": None})
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_word(text: str) -> bool:
    """Whether a string can be written without quotes, where the parameter allows it."""
    return bool(_WORD.fullmatch(text)) and text not in CONSTANTS


def read_token(kind: str, text: str) -> int | float | str | bool | None:
    """The value of a NUMBER, a STRING or a CONSTANT of the grammar.

    Raises:
        SpecError: a number has too many digits or is not finite; a string is too long or not printable.
    """
    return _READERS[kind](text)


def plain(value: object, depth: int = LIMITS.depth) -> Literal:
    """A Python value as a spec can say it: NumPy's scalars as Python's, lists as tuples.

    Raises:
        SpecError: no spec can say it.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _string(str(value))
    if isinstance(value, Real):
        return _number(value)
    if not isinstance(value, (list, tuple)):
        raise SpecError(f"{type(value).__name__} is no literal: int, float, str, bool, None, or a list of them")
    if not depth:
        raise SpecError(f"lists stand at most {LIMITS.depth} deep")
    if len(value) > LIMITS.characters:
        raise SpecError(f"a list has at most {LIMITS.characters} items, not {len(value)}")
    return tuple(plain(item, depth - 1) for item in value)


def write(value: Literal) -> str:
    """A literal as it stands in a spec; reading it gives the same value."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        quote = '"' if "'" in value else "'"
        return f"{quote}{value}{quote}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(write, value))}]"
    return repr(value)


def shown(value: object) -> str:
    """Any object, short enough for a message."""
    try:
        text = write(plain(value))
    except SpecError:
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _read_number(text: str) -> int | float:
    digits = re.split("[eE]", text)[0].replace(".", "").lstrip("-0")
    if len(digits) > LIMITS.digits:
        raise SpecError(f"a number has at most {LIMITS.digits} significant digits, not {len(digits)}")
    value = float(text) if set(text) & set(".eE") else int(text)
    if not math.isfinite(value):
        raise SpecError("the number is too large to be finite")
    return value


def _number(value: Real) -> int | float:
    if isinstance(value, Integral):
        if abs(int(value)) >= 10**LIMITS.digits:
            raise SpecError(f"a number has at most {LIMITS.digits} significant digits")
        return int(value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(f"{number} is not a number that a spec can say: it must be finite")
    return number


def _string(text: str) -> str:
    if len(text) > LIMITS.string:
        raise SpecError(f"a string has at most {LIMITS.string} characters, not {len(text)}")
    if not text.isprintable():
        raise SpecError("a string holds printable characters only")
    if "'" in text and '"' in text:
        raise SpecError("a string holds single or double quotes, not both: there are no escapes")
    return text


_READERS: Mapping[str, Callable[[str], int | float | str | bool | None]] = MappingProxyType(
    {"NUMBER": _read_number, "STRING": lambda text: _string(text[1:-1]), "CONSTANT": CONSTANTS.__getitem__}
)
