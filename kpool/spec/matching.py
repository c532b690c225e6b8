"""Puts the arguments of a call to the parameters they are for, as Python does."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from kpool.errors import SpecError
from kpool.signatures import Parameter, Signature
from kpool.spec.limits import LIMITS
from kpool.spec.source import Mark, Source
from kpool.spec.syntax import ArgumentNode, CallNode
from kpool.spec.wording import describe, describe_call


@dataclass(frozen=True)
class Matched:
    """The arguments of a call: those for one parameter each, and the branches, named or not."""

    single: dict[str, ArgumentNode]
    branches: tuple[ArgumentNode, ...]
    named_branches: dict[str, ArgumentNode]


@dataclass(frozen=True)
class Matcher:
    """One call, and the component it names."""

    source: Source
    owner: str
    signature: Signature
    node: CallNode

    def match(self) -> Matched:
        """Every argument at its parameter.

        Raises:
            SpecError: too many arguments, an unknown or a doubled one, or one that must be given is missing.
        """
        self._check_size(len(self.node.arguments))
        by_position, by_keyword = self._in_order()
        single, branches = self._positional(by_position)
        named = self._keywords(by_keyword, single)
        self._check_missing(single, bool(branches or named))
        parameters = sum(not parameter.variadic for parameter in self.signature.values())
        self._check_size(parameters + len(branches) + len(named))
        return Matched(single, branches, named)

    def _check_size(self, arguments: int) -> None:
        """Called for what is given, and for the whole: the canonical form writes every argument."""
        if arguments > LIMITS.arguments:
            message = f"a call has at most {LIMITS.arguments} arguments, defaults included; this one has {arguments}"
            raise self.source.error(message, self.node.name_span)

    def _in_order(self) -> tuple[list[ArgumentNode], dict[str, ArgumentNode]]:
        by_position: list[ArgumentNode] = []
        by_keyword: dict[str, ArgumentNode] = {}
        for argument in self.node.arguments:
            if not argument.name and by_keyword:
                raise self.source.error("an argument by position stands before those by keyword", argument.span)
            if argument.name in by_keyword:
                first, again = Mark(by_keyword[argument.name].span), Mark(argument.span, "given again")
                raise self.source.error(f"{self.owner}: {argument.name} is given twice", again, first)
            if argument.name:
                by_keyword[argument.name] = argument
            else:
                by_position.append(argument)
        return by_position, by_keyword

    def _positional(self, given: list[ArgumentNode]) -> tuple[dict[str, ArgumentNode], tuple[ArgumentNode, ...]]:
        """All of them are branches where the component takes branches; its other parameters go by keyword."""
        if self._of_kind("*"):
            return {}, tuple(given)
        names = [p.name for p in self.signature.values() if not (p.keyword_only or p.variadic)]
        if len(given) > len(names):
            many = f"{self.owner} takes {len(names) or 'no'} arguments by position, {len(given)} given"
            raise self._error(many, Mark(given[len(names)].span))
        return dict(zip(names, given, strict=False)), ()

    def _keywords(self, given: dict[str, ArgumentNode], single: dict[str, ArgumentNode]) -> dict[str, ArgumentNode]:
        """Adds to `single` what is for one parameter; the rest are branches, if there can be any."""
        others = {}
        for name, argument in given.items():
            if name not in self.signature or self.signature[name].variadic:
                others[name] = argument
            elif name in single:
                first, again = Mark(single[name].span), Mark(argument.span, "given again")
                raise self.source.error(f"{self.owner}: {name} is given twice", again, first)
            else:
                single[name] = argument
        if others and not self._of_kind("**"):
            raise self._unknown(others)
        return others

    def _check_missing(self, single: dict[str, ArgumentNode], has_branches: bool) -> None:
        missing = [describe(p) for p in self.signature.values() if p.required and p.name not in single]
        if not has_branches and any(p.variadic for p in self.signature.values()):
            missing.append("at least one branch")
        if missing:
            raise self._error(f"{self.owner} needs {' and '.join(missing)}", Mark(self.node.span))

    def _unknown(self, others: dict[str, ArgumentNode]) -> SpecError:
        known = [name for name, parameter in self.signature.items() if not parameter.variadic]
        marks = []
        for name, argument in others.items():
            near = difflib.get_close_matches(name, known, n=1)
            start = argument.span[0]
            marks.append(Mark((start, start + len(name)), f"did you mean {near[0]}?" if near else ""))
        return self._error(f"{self.owner} has no {' and no '.join(others)}", *marks)

    def _of_kind(self, variadic: str) -> list[Parameter]:
        return [parameter for parameter in self.signature.values() if parameter.variadic == variadic]

    def _error(self, message: str, *marks: Mark) -> SpecError:
        """An error that shows what the component does take."""
        return self.source.error(f"{message}\nit is {describe_call(self.owner, self.signature)}", *marks)
