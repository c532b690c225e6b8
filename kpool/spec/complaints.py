"""Says in plain words what is wrong with a text that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Collection
from types import MappingProxyType

from lark import Token

from kpool.errors import SpecError
from kpool.spec.brackets import token_span
from kpool.spec.source import Source

_SIGNS = MappingProxyType(
    {"OPEN": "'('", "EQUAL": "'='", "VBAR": "'|'", "COMMA": "','", "CLOSE": "')'", "END": "']'", "$END": "the end"}
)
_SEPARATORS = ("VBAR", "COMMA", "CLOSE", "END", "$END")
_NUMERIC = re.compile(r"[+-]?\.?[0-9]")
_CHUNK = re.compile(r"[^\s,()\[\]|=]*")


def unreadable(source: Source, position: int) -> SpecError:
    """The error for a place at which no number, string, name or sign begins."""
    character, chunk = source.text[position], _CHUNK.match(source.text, position)
    end = max(position + 1, chunk.end() if chunk else 0)
    if character in "'\"":
        message = "the string that begins here does not end on its line"
    elif _NUMERIC.match(source.text, position):
        message = f"{_short(source.text[position:end])} is not a decimal number"
    else:
        message, end = f"{character!a} means nothing in a spec", position + 1
    return source.error(message, (position, end))


def unexpected(source: Source, token: Token, accepted: Collection[str]) -> SpecError:
    """The error for something that may stand in a spec, but not here."""
    at_end = token.type == "$END"
    start, end = (len(source.text.rstrip()),) * 2 if at_end else token_span(token)
    before = source.text[:start].rstrip()[-1:]
    if token.type in _SEPARATORS and (not before or before in "|,=(["):
        return source.error(_nothing(before, "" if at_end else str(token)), (start, end))
    found = "the end" if at_end else _short(str(token))
    return source.error(f"{found} cannot stand here: expected {_expected(accepted)}", (start, end))


def _nothing(before: str, after: str) -> str:
    if not before:
        return f"nothing stands before '{after}'"
    return f"nothing stands between '{before}' and '{after}'" if after else f"nothing follows '{before}'"


def _expected(accepted: Collection[str]) -> str:
    if not accepted:  # a pipe is complete, and so for lark is the text
        return "'|' or the end"
    words = ["a name"] if "IDENT" in accepted else []
    words += ["a value"] if "NUMBER" in accepted else []
    words += [sign for terminal, sign in _SIGNS.items() if terminal in accepted]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _short(text: str) -> str:
    short = text if len(text) <= 40 else f"{text[:37]}…"
    return short if text[0] in "'\"" else f"'{short}'"
