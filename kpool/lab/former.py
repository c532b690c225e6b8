"""What a folder held before: a comparison says so when it takes another's place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kpool.lab.dataset import Dataset
from kpool.lab.trial import Settings


def replaced(path: Path, specs: Sequence[str], dataset: Dataset, settings: Settings) -> str:
    """`digits, 10 heads` if the results at `path` are of other data, canonical specs or settings; else nothing."""
    try:
        former = json.loads(path.read_text(encoding="utf-8"))
        data, found = former["data"], {head["spec"] for head in former["heads"]}
        was = (data["fingerprint"], found, former["settings"])
        described = f"{data['name']}, {len(found)} head{'s' if len(found) > 1 else ''}"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return "" if was == (dataset.fingerprint, set(specs), settings.to_json()) else described
