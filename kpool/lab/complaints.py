"""A trial's error in one line: TensorFlow puts hundreds around the sentence that says why."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ASSERTION = re.compile(r"assertion failed: \[(.+?)\](?: \[|\s*$)", re.MULTILINE)
_BEFORE_NODE = re.compile(r"^(.+)\n\s*\[\[\{\{node", re.MULTILINE)


def sentence(error: str) -> str:
    """What an assertion in a graph said; else what the failing node said; else the first line."""
    found = _ASSERTION.search(error) or _BEFORE_NODE.search(error)
    if found:
        return found[1].strip()
    return next((line.strip() for line in error.splitlines() if line.strip()), "no reason given")


def spans(seeds: Sequence[int]) -> str:
    """`seed 1`; `seeds 0-2`; `seeds 0, 2`."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"seed{'s' if len(seeds) > 1 else ''} {shown}"
