"""Says what is wrong with plugins: once, in one line, where the user's own code asked."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

from kpool.discovery import PluginRecord
from kpool.errors import KpoolPluginWarning
from kpool.selection import misspelt


class Complaints:
    """What has been said already, so that a rescan says only what is new."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, records: Iterable[PluginRecord]) -> None:
        """Warn of each broken plugin, and of each word in the environment that names none."""
        records = list(records)
        wrong = [f"{record}. All other plugins work." for record in records if record.broken]
        wrong += [f"{sentence}." for sentence in misspelt({record.id for record in records})]
        for message in wrong:
            if message not in self._said:
                self._said.add(message)
                warnings.warn(message, KpoolPluginWarning, stacklevel=_outside())


def _outside() -> int:
    """The stack level of the first caller that is neither kpool nor on the way from an import to it."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] in ("kpool", "wrapt", "importlib"):
        frame, level = frame.f_back, level + 1
    return level
