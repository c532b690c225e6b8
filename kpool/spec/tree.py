"""What a spec means: components with all their arguments, checked."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpool.hookspecs import Component

if TYPE_CHECKING:
    from kpool.registry import Registry


class Arguments(Mapping[str, Any]):
    """A mapping that cannot be changed, and can be copied and pickled."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


@dataclass(frozen=True, eq=False)
class Call:
    """A component and every argument it is given, in the order of its signature, defaults filled in.

    An argument is an int, float, str, bool, None or a tuple of them; a Call where it is a region; a Spec where it is
    a branch; for `*branches` a tuple of Specs, for `**branches` a mapping of them. Two calls are equal if their
    canonical texts are.
    """

    component: Component
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", Arguments(self.arguments))

    @functools.cached_property
    def _text(self) -> str:
        from kpool.spec import printing

        return printing.canonical(self)

    def __str__(self) -> str:
        """The canonical text: qualified, by keyword, every value written."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Call) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


@dataclass(frozen=True, eq=False)
class Spec:
    """A pipe of calls; each takes what the one before it gives. Equal if the canonical texts are.

    `str(spec)` is the canonical text, which is what is saved: it means the same when defaults change.
    """

    calls: tuple[Call, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.calls))

    def __eq__(self, other: object) -> bool:
        return self.calls == other.calls if isinstance(other, Spec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.calls)

    def display(self) -> str:
        """The shortest text that means the same with today's defaults.

        A stage's and a region's first argument stands by position, all else by keyword, defaults are left out:
        `gem(p=4, over=window(2)) | dense(10)`.
        """
        from kpool.spec import printing

        return printing.display(self)

    def to_json(self) -> dict[str, Any]:
        """The JSON twin: `{"kpool": 1, "pipe": [{"use": "dropout", "rate": 0.2}, …]}`; `of` holds branches."""
        from kpool.spec import twin

        return twin.to_json(self)

    @classmethod
    def from_json(cls, twin: object, registry: Registry | None = None) -> Spec:
        """The spec whose JSON twin this is.

        Raises:
            SpecError: it is no twin, or what it says is no spec; the same checks and limits as for text.
        """
        from kpool.spec.binding import parse
        from kpool.spec.twin import to_text

        return parse(to_text(twin), registry=registry)
