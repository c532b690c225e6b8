"""Writes the tables and pictures of docs/evidence.md from what its commands found.

python docs/evidence.py evidence
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent / "evidence.md"
PICTURES = PAGE.with_name("evidence")


def points(folder: Path) -> list[dict[str, Any]]:
    """The comparisons in a folder that `kpool compare` wrote: those of a sweep, or one."""
    if (folder / "sweep.json").exists():
        return json.loads((folder / "sweep.json").read_text(encoding="utf-8"))["points"]
    return [{"label": "", **json.loads((folder / "results.json").read_text(encoding="utf-8"))}]


def tables(found: list[dict[str, Any]]) -> str:
    """A table for each figure: heads down, points across; below each mean, how much more than the first head has."""
    figures = ["test_accuracy", *found[0]["settings"]["measures"]]
    return "\n\n".join(table(found, figure) for figure in figures)


def table(found: list[dict[str, Any]], figure: str) -> str:
    title = "AUC" if figure == "auc" else figure.replace("_", " ")
    header = [f"{title}, %", *(point["label"].replace(" to learn from", "") or "mean" for point in found)]
    rows = [[short(head["given"]), *(cell(p["heads"][i], figure) for p in found)] for i, head in heads(found)]
    first = short(found[0]["heads"][0]["given"])
    more = [
        [f"{short(head['given'])} − {first}", *(cell(p["heads"][i], figure, "more_than_first") for p in found)]
        for i, head in heads(found)[1:]
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows, *more])


def heads(found: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(found[0]["heads"]))


def cell(head: dict[str, Any], figure: str, part: str | None = None) -> str:
    value = head[figure][part] if part else head[figure]
    sign = "+" if part else ""
    return f"{100 * value['mean']:{sign}.1f} ± {100 * value['ci95']:.1f}".replace("-", "−")


def short(given: str) -> str:
    """The first strategy of a spec."""
    return f"`{re.split(r'[^a-z_]', given, maxsplit=1)[0]}`"


def caption(found: list[dict[str, Any]]) -> str:
    versions, seeds = found[0]["versions"], len({trial["seed"] for trial in found[0]["trials"]})
    return (
        f"Means over {seeds} seeds with 95 % confidence intervals, the differences seed by seed; "
        f"{found[0]['data']['test']} test examples, the same for all. kpool {versions['kpool']}, Keras "
        f"{versions['keras']}, TensorFlow {versions['tensorflow']}."
    )


def main(folder: Path) -> None:
    PICTURES.mkdir(exist_ok=True)
    page = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"<!-- found in (\S+) -->", page):
        found, drawn = points(folder / name), folder / name / "sweep.png"
        if drawn.exists():
            shutil.copyfile(drawn, PICTURES / f"{name}.png")
        begin, end = f"<!-- found in {name} -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        picture = f"![{name}](evidence/{name}.png)\n\n" if drawn.exists() else ""
        new = f"{picture}{tables(found)}\n\n{caption(found)}"
        page = f"{before}{begin}\n\n{new}\n\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
