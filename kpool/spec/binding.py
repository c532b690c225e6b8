"""Gives a syntax tree its meaning: names become components, values are checked, defaults filled in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kpool import registry as registries
from kpool.errors import SpecError
from kpool.hookspecs import Component
from kpool.parameters import Role
from kpool.registry import Registry
from kpool.signatures import Parameter, signature
from kpool.spec.limits import LIMITS
from kpool.spec.literals import read_token, shown
from kpool.spec.matching import Matcher
from kpool.spec.source import Source, Span
from kpool.spec.syntax import CallNode, ListNode, PipeNode, ValueNode, read, span
from kpool.spec.tree import Arguments, Call, Spec
from kpool.spec.values import check
from kpool.spec.wording import allows_text, choices, takes


def parse(text: str, names: Mapping[str, object] | None = None, registry: Registry | None = None) -> Spec:
    """The meaning of a spec.

    Args:
        text: The spec; nothing in it is evaluated or imported.
        names: The caller's values, literals, for words in the text: `dense(classes)` with `{"classes": 10}`.
        registry: Where components are found; everything installed if None.

    Raises:
        SpecError: the text is no spec; the message shows the place.
        UnknownNameError, AmbiguousNameError: a component's name that no plugin gives, or several do.
    """
    binder = _binder(text, names, registry)
    spec = binder.pipe(read(binder.source))
    binder.finish(str(spec))
    return spec


def parse_region(text: str, registry: Registry | None = None) -> Call:
    """The meaning of a region's spec on its own: `window(2)`.

    Raises:
        SpecError: as `parse`; also if the text is not one region.
    """
    binder = _binder(text, None, registry)
    call = binder.region(read(binder.source))
    binder.finish(str(call))
    return call


def check_syntax(text: Any) -> None:
    """Check that a text could be a spec, whichever plugins it needs: its length, its brackets, its grammar.

    Raises:
        SpecError: it could not.
    """
    read(_binder(text, None, None).source)


def _binder(text: str, names: Mapping[str, object] | None, registry: Registry | None) -> _Binder:
    if not isinstance(text, str):
        raise SpecError(f"a spec is text, not {shown(text)}")
    return _Binder(Source(text), dict(names or {}), registry or registries.default())


@dataclass
class _Binder:
    """Binds one text; keeps count of what it met."""

    source: Source
    names: dict[str, object]
    registry: Registry
    used: set[str] = field(default_factory=set)
    calls: int = 0

    def finish(self, canonical: str) -> None:
        """What can be said of the whole only: the caller's names are used, and what is saved can be read again."""
        whole = (0, len(self.source.text))
        for name in self.names:
            if name not in self.used:
                raise self.source.error(f"{name}=… was passed, but the spec does not say {name!r}", whole)
        if len(canonical) > LIMITS.characters:
            size = f"it has {len(canonical):,} characters when every default is written, as it is when saved"
            raise self.source.error(f"the spec is too large: {size}; the limit is {LIMITS.characters:,}", whole)

    def pipe(self, node: PipeNode) -> Spec:
        return Spec(tuple(map(self._step, node.calls)))

    def region(self, node: PipeNode) -> Call:
        component = self._find(node.calls[0])
        if component.kind != "region":
            known = ", ".join(self.registry.regions())
            message = f"{component.name} is a {component.kind}, not a region; regions are {known}"
            raise self.source.error(message, node.calls[0].name_span)
        if len(node.calls) > 1:
            raise self.source.error("a region stands alone: no pipe leads out of it", node.span)
        return self._call(component, node.calls[0])

    def _step(self, node: CallNode) -> Call:
        component = self._find(node)
        if component.kind == "region":
            message = f"{component.name} is a region, not a step of a pipe: it is an argument, over={component.name}"
            raise self.source.error(message, node.name_span)
        return self._call(component, node)

    def _find(self, node: CallNode) -> Component:
        self.calls += 1
        if self.calls > LIMITS.calls:
            raise self.source.error(f"a spec has at most {LIMITS.calls} calls", node.name_span)
        with self.source.at(node.name_span):
            return self.registry.find(node.name)

    def _call(self, component: Component, node: CallNode) -> Call:
        parameters = signature(component)
        matched = Matcher(self.source, component.name, parameters, node).match()
        arguments: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if parameter.variadic == "*":
                arguments[name] = tuple(self._branch(component, parameter, a.value) for a in matched.branches)
            elif parameter.variadic:
                named = matched.named_branches.items()
                arguments[name] = Arguments({key: self._branch(component, parameter, a.value) for key, a in named})
            elif name in matched.single:
                arguments[name] = self._argument(component, parameter, matched.single[name].value)
            else:
                arguments[name] = self._default(component, parameter, node.name_span)
        return Call(component, arguments)

    def _argument(self, component: Component, parameter: Parameter, node: ValueNode) -> Any:
        if parameter.role:
            return self._branch(component, parameter, node)
        value = self._literal(component, parameter, node)
        with self.source.at(span(node)):
            return check(component.name, parameter, value)

    def _default(self, component: Component, parameter: Parameter, place: Span) -> Any:
        if not parameter.role:
            with self.source.at(place):
                return check(component.name, parameter, parameter.default)
        if parameter.default is None:
            return None
        inner = _Binder(Source(parameter.default), {}, self.registry)
        return inner._branch(component, parameter, read(inner.source))

    def _branch(self, component: Component, parameter: Parameter, node: ValueNode) -> Spec | Call | None:
        """A region or a branch."""
        if node in ("none", "None") and parameter.default is None:
            return None
        needed = f"{parameter.name} is a region" if parameter.role is Role.REGION else "a branch is a pipe"
        if not isinstance(node, PipeNode):
            raise self.source.error(f"{component.name}: {needed}, not {self._written(node)}", span(node))
        if node.word in self.names:
            message = f"{component.name}: {needed}, and {node.word!r} is also a name that you passed"
            raise self.source.error(f"{message}; pass it under another name", node.span)
        return self.region(node) if parameter.role is Role.REGION else self.pipe(node)

    def _literal(self, component: Component, parameter: Parameter, node: ValueNode) -> object:
        if isinstance(node, ListNode):
            return tuple(self._literal(component, parameter, item) for item in node.items)
        if isinstance(node, PipeNode):
            return self._word(component, parameter, node)
        with self.source.at(span(node)):
            return read_token(node.type, str(node))

    def _word(self, component: Component, parameter: Parameter, node: PipeNode) -> object:
        """The value of a bare word: a name that the caller passed, or a choice."""
        word, allowed = node.word, choices(parameter)
        if word is None:
            message = f"{component.name}: {parameter.name} must be {takes(parameter)}, not {self._written(node)}"
            raise self.source.error(message, node.span)
        if word in self.names and word in allowed:
            message = f"{word!r} is a choice of {component.name}'s {parameter.name} and also a name that you passed"
            raise self.source.error(f"{message}; pass it under another name", node.span)
        if word in self.names:
            self.used.add(word)
            return self.names[word]
        if word in allowed or allows_text(parameter):
            return word
        raise self._unknown_word(component, parameter, node)

    def _unknown_word(self, component: Component, parameter: Parameter, node: PipeNode) -> SpecError:
        word = str(node.word)
        near = difflib.get_close_matches(word, (*choices(parameter), *self.names), n=1)
        hint = f", or did you mean {near[0]}?" if near else ""
        message = f"{component.name}: {parameter.name} must be {takes(parameter)}, and {word!r} is nothing of the kind"
        return self.source.error(f"{message}; pass {word}=… to kpool.head{hint}", node.span)

    def _written(self, node: ValueNode) -> str:
        text = self.source.text[slice(*span(node))]
        return text if len(text) <= 40 else f"{text[:37]}…"
