"""How large a spec may be, so that hostile text costs milliseconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The largest spec that is read; what is written in full (the canonical form) obeys them too.

    `depth` counts brackets within brackets, `digits` those of a number that are significant, `string` the characters
    of one string.
    """

    characters: int = 4096
    depth: int = 16
    calls: int = 128
    arguments: int = 32
    digits: int = 18
    string: int = 128


LIMITS = Limits()
