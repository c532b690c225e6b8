"""Checks a spec's brackets before anything else is read: what else is wrong then is often their fault."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from lark import Token

from kpool.spec.limits import LIMITS
from kpool.spec.source import Mark, Span

_CLOSING = MappingProxyType({"(": ")", "[": "]"})


def token_span(token: Token) -> Span:
    """Where a token stands."""
    return token.start_pos or 0, token.end_pos or 0  # None only in tokens that no lexer made


class BracketError(Exception):
    """Brackets that do not match, or stand too deep, with the marks that show it."""

    def __init__(self, message: str, *marks: Mark) -> None:
        super().__init__(message)
        self.marks = marks


class Brackets:
    """A lark post-lexer: passes the tokens on unchanged."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens.

        Raises:
            BracketError: a bracket is not opened or not closed, or they stand too deep.
        """
        tokens = list(stream)
        opened: list[Token] = []
        for token in tokens:
            if token in _CLOSING:
                _open(opened, token)
            elif token in _CLOSING.values():
                _close(opened, token)
        if opened:
            end = token_span(tokens[-1])[1]
            raise _not_closed(opened[-1], (end, end))
        return iter(tokens)


def _open(opened: list[Token], token: Token) -> None:
    opened.append(token)
    if len(opened) > LIMITS.depth:
        raise BracketError(f"brackets stand at most {LIMITS.depth} deep", Mark(token_span(token)))


def _close(opened: list[Token], token: Token) -> None:
    if not opened:
        raise BracketError(f"'{token}' closes nothing", Mark(token_span(token)))
    last = opened.pop()
    if _CLOSING[last] != token:
        raise _not_closed(last, token_span(token))


def _not_closed(opening: Token, place: Span) -> BracketError:
    marks = Mark(token_span(opening), f"'{opening}' opened here"), Mark(place, f"'{_CLOSING[opening]}' expected here")
    return BracketError(f"'{opening}' is not closed", *marks)
