"""Writes the README's table of what the kit finds in Keras's own pooling layers, and in kpool's.

python docs/kit_table.py
"""

from __future__ import annotations

import keras
import readme

from kpool.testing import CHECKS, check_strategy

GROUPS = ("mask", "shape", "numerics", "precision")
LAYERS = {
    "Keras `GlobalAveragePooling1D`": keras.layers.GlobalAveragePooling1D,
    "Keras `GlobalMaxPooling1D`": keras.layers.GlobalMaxPooling1D,
    "kpool `mean`": "mean",
    "kpool `max`": "max",
}
WORDS = {"passed": "passes", "failed": "**fails**", "skipped": "–"}


def verdicts(layer: object) -> dict[str, str]:
    """What each check says, by its name; one failed case is enough."""
    found: dict[str, str] = {}
    for row in check_strategy(layer, only=GROUPS).rows:
        worst = {found.get(row.check, "skipped"), row.status}
        found[row.check] = next(status for status in ("failed", "passed", "skipped") if status in worst)
    return found


def table() -> str:
    """The checks that some layer fails, in Markdown."""
    said = {name: verdicts(layer) for name, layer in LAYERS.items()}
    failed = [check for check in CHECKS if any(found.get(check) == "failed" for found in said.values())]
    title = f"| what goes wrong, found by the kit | {' | '.join(said)} |"
    rows = [
        f"| [{check}](docs/checks.md#{check}): {CHECKS[check].guards} "
        f"| {' | '.join(WORDS[found.get(check, 'skipped')] for found in said.values())} |"
        for check in failed
    ]
    made = [[status for status in found.values() if status != "skipped"] for found in said.values()]
    totals = [f"{statuses.count('passed')} of {len(statuses)}" for statuses in made]
    total = f"| checks passed, of those that apply | {' | '.join(totals)} |"
    return "\n".join([title, "| --- " * (len(said) + 1) + "|", *rows, total])


if __name__ == "__main__":
    readme.write("kit_table", table())
