"""What a comparison says in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def said(found: dict[str, Any], out: Path) -> str:
    """Of what `results.json` or `sweep.json` holds."""
    return _summary(found, out) if "heads" in found else _swept(found, out)


def _swept(found: dict[str, Any], out: Path) -> str:
    folders = ", ".join(point["folder"] for point in found["points"])
    return f"Written to {out}: sweep.json, sweep.png and, for each comparison, a folder: {folders}."


def _summary(found: dict[str, Any], out: Path) -> str:
    winner = found["winner"]
    files = ["results.json"]
    files += ["comparison.png"] if found["trials"] else []
    files += [winner["reload"]["model"]] if winner else []
    listed = " and ".join(part for part in (", ".join(files[:-1]), files[-1]) if part)
    written = f"Written to {out}: {listed}."
    if not found["trials"]:
        return f"Every head failed. {written}"
    if winner is None:
        return f"No head finished all its trials. {written}"
    return (
        f"Winner: {winner['given']} (seed {winner['seed']}, test accuracy {winner['test_accuracy']:.2%}); loaded in a "
        f"new process, its outputs differ by {winner['reload']['max_difference']:.1g} at most.\n{written}"
    )
