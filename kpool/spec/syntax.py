"""Reads the text of a spec into a tree that knows where everything stood."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken

from kpool.spec.brackets import BracketError, Brackets, token_span
from kpool.spec.complaints import unexpected, unreadable
from kpool.spec.limits import LIMITS
from kpool.spec.source import Source, Span


@dataclass(frozen=True)
class ListNode:
    items: tuple[ValueNode, ...]
    span: Span


@dataclass(frozen=True)
class ArgumentNode:
    """`name` is empty for an argument by position."""

    name: str
    value: ValueNode
    span: Span


@dataclass(frozen=True)
class CallNode:
    """`bare` says that no brackets follow the name."""

    name: str
    arguments: tuple[ArgumentNode, ...]
    bare: bool
    span: Span

    @property
    def name_span(self) -> Span:
        return self.span[0], self.span[0] + len(self.name)


@dataclass(frozen=True)
class PipeNode:
    calls: tuple[CallNode, ...]
    span: Span

    @property
    def word(self) -> str | None:
        """The word that this pipe is, if it is a single one."""
        return self.calls[0].name if len(self.calls) == 1 and self.calls[0].bare else None


ValueNode = Token | ListNode | PipeNode
"""A Token is a NUMBER, a STRING or a CONSTANT, by its `type`."""


def span(node: ValueNode) -> Span:
    """Where a value stands."""
    return token_span(node) if isinstance(node, Token) else node.span


def read(source: Source) -> PipeNode:
    """The tree of a spec.

    Raises:
        SpecError: the text is not a spec.
    """
    if len(source.text) > LIMITS.characters:
        raise source.error(f"a spec has at most {LIMITS.characters:,} characters, not {len(source.text):,}", (0, 1))
    if not source.text.strip():
        raise source.error("the spec is empty: it names at least one component", (0, 0))
    try:
        return _parser().parse(source.text)  # type: ignore[return-value]  # what _TreeBuilder makes of a Tree
    except BracketError as error:
        raise source.error(str(error), *error.marks) from None
    except UnexpectedCharacters as error:
        raise unreadable(source, error.pos_in_stream or 0) from None
    except UnexpectedToken as error:
        raise unexpected(source, error.token, error.accepts or ()) from None


@functools.cache
def _parser() -> Lark:
    grammar = resources.files("kpool.spec").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, start="pipe", parser="lalr", lexer="basic", postlex=Brackets(), transformer=_TreeBuilder())


class _TreeBuilder(Transformer[Token, PipeNode]):
    """Called by lark for each rule as soon as its text is read."""

    def pipe(self, calls: list[CallNode]) -> PipeNode:
        return PipeNode(tuple(calls), (calls[0].span[0], calls[-1].span[1]))

    def word(self, children: list[Token]) -> CallNode:
        return CallNode(str(children[0]), (), True, span(children[0]))

    def call(self, children: list[Any]) -> CallNode:
        name, _, *arguments, close = children
        return CallNode(str(name), tuple(_present(arguments)), False, (span(name)[0], span(close)[1]))

    def argument(self, children: list[Any]) -> ArgumentNode:
        name, value = children
        first, last = span(name or value), span(value)
        return ArgumentNode(str(name or ""), value, (first[0], last[1]))

    def items(self, children: list[Any]) -> ListNode:
        begin, *items, end = children
        return ListNode(tuple(_present(items)), (span(begin)[0], span(end)[1]))


def _present(children: list[Any]) -> list[Any]:
    """lark puts a None where an optional part is missing."""
    return [child for child in children if child is not None]
