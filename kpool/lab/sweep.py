"""The same comparison at several points: on several data sets, or from several numbers of examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from kpool.errors import KpoolError
from kpool.lab.compare import check, compare
from kpool.lab.curves import plot, table
from kpool.lab.dataset import Dataset
from kpool.lab.engine import Engine, local
from kpool.lab.files import folder, write_json
from kpool.lab.trial import Settings

RESULTS, PICTURE = "sweep.json", "sweep.png"


@dataclass(frozen=True, eq=False)
class Point:
    """One comparison of a sweep; `label` says in what it differs from the others."""

    label: str
    dataset: Dataset
    settings: Settings

    @property
    def folder(self) -> str:
        return re.sub(r"\W+", "-", self.label).strip("-")


def points(datasets: Sequence[Dataset], settings: Settings, train: Sequence[int | None]) -> list[Point]:
    """Every data set with every number of examples to learn from.

    Raises:
        KpoolError: two points would have the same folder.
    """
    made = [
        Point(
            ", ".join(_differences(dataset, size, len(datasets) > 1, len(train) > 1)),
            dataset,
            replace(settings, train=size),
        )
        for dataset in datasets
        for size in train
    ]
    folders = [point.folder for point in made]
    if twice := [point.label for point in made if folders.count(point.folder) > 1]:
        raise KpoolError(f"{twice[0]} is given twice, or is like another in all but signs; each point has a folder")
    return made


def sweep(
    specs: Sequence[str], given: Sequence[Point], seeds: int, out: Path, console: Console, engine: Engine = local
) -> dict[str, Any]:
    """Compare the heads at every point, each in a folder of its own in `out`, and draw a curve for each head.

    Returns:
        What `sweep.json` holds: `points`, each with its `label`, its `folder` and what its `results.json` holds.

    Raises:
        KpoolError: as `compare`.
    """
    for point in given:
        check(specs, point.dataset, point.settings)
    folder(out)
    found = []
    for point in given:
        console.print(Text(f"\n{point.label}"), style="bold")
        results = compare(specs, point.dataset, point.settings, seeds, out / point.folder, console, engine)
        found.append({"label": point.label, "folder": point.folder, **results})
    console.print(table(found))
    plot(found, out / PICTURE)
    swept = {"points": found}
    write_json(out / RESULTS, swept)
    return swept


def _differences(dataset: Dataset, train: int | None, data_differ: bool, train_differ: bool) -> Iterator[str]:
    if data_differ:
        yield dataset.name
    if train_differ:
        yield f"{train} examples to learn from"
