"""The way out of a mistake, in the words of the command line: the library speaks of functions."""

from __future__ import annotations

import re

from kpool.errors import KpoolError

_NAME = re.compile(r"; pass (\w+)=… to kpool\.head(?:, or did you mean (.+?)\?)?$", re.MULTILINE)
_PLACES = {
    "no plugin gives ": "kpool list shows what there is",
    "no installed plugin has the id ": "kpool plugins shows what there is",
}
_TRAINING = ("demo", "train", "compare")


def explained(error: KpoolError, command: str) -> str:
    """The error's text, with what to do about it in `kpool COMMAND`."""
    text = _NAME.sub(lambda found: _name(found[1], found[2] or "", command), str(error))
    place = next((place for start, place in _PLACES.items() if text.startswith(start)), "")
    if text.startswith("the kit has no check "):
        place = f"its groups: {_groups()}"
    return f"{text}\n{place}" if place else text


def _name(word: str, near: str, command: str) -> str:
    """A name has a value only where the command gives it one."""
    if command == "parse":
        return f"; pass --name {word}=…" + (f", or did you mean {near}?" if near else "")
    if command in _TRAINING:
        return f"; did you mean {near or 'classes'}?"
    return f"; did you mean {near}?" if near else ""


def _groups() -> str:
    from kpool.testing import CHECKS

    return ", ".join(sorted({check.group for check in CHECKS.values()}))
