"""Which plugins the environment asks for: KPOOL_PLUGINS allows, KPOOL_DISABLE_PLUGINS denies."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator

ALLOW, DENY = "KPOOL_PLUGINS", "KPOOL_DISABLE_PLUGINS"


def enabled(plugin: str) -> bool:
    """Whether a third party's plugin is to be used; without KPOOL_PLUGINS all are, with an empty one none is."""
    return (ALLOW not in os.environ or plugin in _words(ALLOW)) and plugin not in _words(DENY)


def misspelt(known: Collection[str]) -> Iterator[str]:
    """A sentence for every word there that is no plugin's id."""
    for variable in (ALLOW, DENY):
        for word in sorted(_words(variable).difference(known)):
            near = difflib.get_close_matches(word, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"{variable} names {word!r}, and no installed plugin has that id{hint}"


def _words(variable: str) -> set[str]:
    return {word.strip() for word in os.environ.get(variable, "").split(",")} - {""}
