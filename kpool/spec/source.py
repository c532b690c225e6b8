"""The text of a spec, and errors that point into it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kpool.errors import SpecError

Span = tuple[int, int]
"""First character and the one after the last; empty between two characters."""

_SHOWN = 100
_BEFORE = 60


@dataclass(frozen=True)
class Mark:
    """A place in the text, and what there is to say about it."""

    span: Span
    label: str = ""


@dataclass(frozen=True)
class Source:
    """The text of one spec."""

    text: str

    def error(self, message: str, *places: Span | Mark, kind: type[SpecError] = SpecError) -> SpecError:
        """An error whose text shows every place, with carets under it; its span is that of the first one given."""
        marks = [place if isinstance(place, Mark) else Mark(place) for place in places]
        shown = ""
        for mark in sorted(marks, key=lambda mark: mark.span):
            line, carets = self._show(mark)
            message += f"\n{carets}" if line == shown else f"\n{line}\n{carets}"
            shown = line
        return kind(message, spec=self.text, span=marks[0].span)

    @contextmanager
    def at(self, span: Span) -> Iterator[None]:
        """Give an error that comes from within, and does not yet say where it is, this place."""
        try:
            yield
        except SpecError as error:
            if error.span is not None:
                raise
            raise self.error(str(error), span, kind=type(error)) from None

    def _show(self, mark: Mark) -> tuple[str, str]:
        """The line that a mark is on, cut to fit a screen, and the line of carets below it."""
        start, end = mark.span
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", start)
        last = len(self.text) if last < 0 else last
        left = first if last - first <= _SHOWN else max(first, start - _BEFORE)
        right = min(last, left + _SHOWN)
        head, tail = "…" * (left > first), "…" * (right < last)
        indent = _columns(head + self.text[left:start])
        width = max(1, _columns(self.text[start : min(end, right)]))
        line = head + _printable(self.text[left:right]) + tail
        return f"  {line}".rstrip(), f"  {' ' * indent}{'^' * width} {mark.label}".rstrip()


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _columns(text: str) -> int:
    """How wide a terminal shows the text."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
