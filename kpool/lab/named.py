"""Data sets that have a name: the tree's own, called as a spec calls a component, `needle(signal=4)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from kpool.lab.dataset import Dataset
from kpool.lab.digits import digit_bags, digits
from kpool.lab.needle import needle
from kpool.signatures import Parameter, of_class
from kpool.spec.literals import read_token
from kpool.spec.matching import Matcher
from kpool.spec.source import Source
from kpool.spec.syntax import ArgumentNode, CallNode, ListNode, PipeNode, read, span
from kpool.spec.values import check
from kpool.spec.wording import takes

NAMED: Mapping[str, Callable[..., Dataset]] = MappingProxyType(
    {"digits": digits, "digit_bags": digit_bags, "needle": needle}
)


def is_named(text: str) -> bool:
    """Whether this is a data set's name, with or without arguments, and no path."""
    begin = re.match(r"\s*(\w+)\s*(\(|$)", text)
    return begin is not None and begin[1] in NAMED


def make(text: str) -> Dataset:
    """The data set that a text calls; its name is the text.

    Raises:
        SpecError: an argument is unknown or not what it must be; the message shows the place.
        KpoolError: the arguments do not go together.
    """
    source = Source(text.strip())
    pipe = read(source)
    if len(pipe.calls) > 1:
        raise source.error("a data set stands alone: no pipe leads out of it", pipe.span)
    call = pipe.calls[0]
    return replace(NAMED[call.name](**_arguments(source, call)), name=source.text)


def _arguments(source: Source, call: CallNode) -> dict[str, object]:
    parameters = of_class(NAMED[call.name])
    given = Matcher(source, call.name, parameters, call).match().single
    return {name: _value(source, call.name, parameters[name], argument) for name, argument in given.items()}


def _value(source: Source, owner: str, parameter: Parameter, argument: ArgumentNode) -> object:
    node = argument.value
    if isinstance(node, PipeNode | ListNode):
        raise source.error(f"{owner}: {parameter.name} must be {takes(parameter)}", span(node))
    with source.at(span(node)):
        return check(owner, parameter, read_token(node.type, str(node)))
