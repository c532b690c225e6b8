"""Finding: what one look at a plugin, or at one of its components, showed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`component` is "" where it is about the plugin as a whole; `message` is one line."""

    plugin: str
    component: str
    check: str
    status: Literal["passed", "failed", "skipped"]
    message: str = ""


def as_line(findings: Iterable[Finding]) -> str:
    """One line of JSON, as one process tells another."""
    return json.dumps([asdict(finding) for finding in findings])
