"""Many heads on the same data, from the same seeds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

import kpool
from kpool.errors import KpoolError
from kpool.lab import backbones, measures, report
from kpool.lab.dataset import Dataset
from kpool.lab.engine import Engine, Task, local
from kpool.lab.files import folder, replacing, write_json
from kpool.lab.former import replaced
from kpool.lab.model import build, parse
from kpool.lab.reload import reload_difference
from kpool.lab.results import Failure, HeadResult, Results, trials
from kpool.lab.store import Store, key, versions
from kpool.lab.trial import Settings, Trial

TRIALS, WINNER, RESULTS, PICTURE = "trials", "winner.keras", "results.json", "comparison.png"


def compare(
    specs: Sequence[str],
    dataset: Dataset,
    settings: Settings,
    seeds: int,
    out: Path,
    console: Console,
    engine: Engine = local,
) -> dict[str, Any]:
    """Train every head from every seed, and write what was found to the folder `out`.

    A finished trial is kept in `out/trials` and not run again. One that raises is reported, and the others go on.

    Returns:
        What `results.json` holds.

    Raises:
        KpoolError: a spec or the backbone does not fit the data (found before anything is trained), `out` cannot be
            written to, or the saved winner does not give its outputs again in a new process.
    """
    started = time.perf_counter()
    check(specs, dataset, settings)
    store = Store(folder(out) / TRIALS)
    tasks = _tasks(specs, dataset, settings, seeds)
    if former := replaced(out / RESULTS, [task.spec for task in tasks], dataset, settings):
        console.print(Text(f"{out}: replaces the results of: {former}"), soft_wrap=True)
    outcomes = _run(engine, tasks, dataset, settings, store, console)
    results = Results(dataset, settings, _by_head(outcomes), versions(), time.perf_counter() - started)
    _show(results, console)
    found = results.to_json(_save_winner(results, tasks, store, out))
    if trials(results.heads):
        report.plot(results, out / PICTURE)
    write_json(out / RESULTS, found)
    return found


def check(specs: Sequence[str], dataset: Dataset, settings: Settings) -> None:
    """Build every head once, so that a mistake in the last is known before the first is trained."""
    backbones.check(settings.backbone, dataset)
    measures.check(settings.measures, dataset)
    if settings.train and settings.train > (most := len(dataset.split.train)):
        raise KpoolError(f"--train {settings.train}: {dataset.name} has {most} examples to learn from")
    for spec in specs:
        keras.backend.clear_session()
        build(spec, dataset, settings.backbone)


def _tasks(specs: Sequence[str], dataset: Dataset, settings: Settings, seeds: int) -> list[Task]:
    """Seed by seed, so that an interrupted comparison knows something of every head; equal specs are one."""
    distinct: dict[kpool.Spec, str] = {}
    for given in specs:
        distinct.setdefault(parse(given, dataset), given.strip())
    return [
        Task(given, str(spec), seed, key(spec, seed, dataset, settings))
        for seed in range(seeds)
        for spec, given in distinct.items()
    ]


def _run(
    engine: Engine, tasks: Sequence[Task], dataset: Dataset, settings: Settings, store: Store, console: Console
) -> dict[Task, Trial | Failure]:
    kept = {task: trial for task in tasks if (trial := store.find(task.key))}
    if kept:
        said = f"{len(kept)} of {len(tasks)} trials were finished before; they are kept in {store.folder}"
        console.print(Text(said), soft_wrap=True)
    for task in tasks:
        if task not in kept and store.holds(task.key):
            said = f"{store.folder / task.key} cannot be read; {task.given}, seed {task.seed}, is run again"
            console.print(Text(said), soft_wrap=True)
    outcomes: dict[Task, Trial | Failure] = dict(kept)
    with _progress(console) as progress:
        bar = progress.add_task(_next(tasks, outcomes), total=len(tasks), completed=len(outcomes))
        for task, outcome in engine([task for task in tasks if task not in kept], dataset, settings, store):
            outcomes[task] = outcome
            progress.update(bar, description=_next(tasks, outcomes), completed=len(outcomes))
    return {task: outcomes[task] for task in tasks}


def _next(tasks: Sequence[Task], outcomes: Container[Task]) -> str:
    """The first that is not finished."""
    return next((f"{task.given}, seed {task.seed}" for task in tasks if task not in outcomes), "")


def _show(results: Results, console: Console) -> None:
    if trials(results.heads):
        console.print(report.table(results))
    for failure in report.failures(results):
        console.print(Text(failure, style="red"), soft_wrap=True)


def _progress(console: Console) -> Progress:
    description = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), description)
    return Progress(*columns, console=console, transient=True)


def _by_head(outcomes: dict[Task, Trial | Failure]) -> tuple[HeadResult, ...]:
    heads = dict.fromkeys((task.given, task.spec) for task in outcomes)
    return tuple(_head(*head, [o for task, o in outcomes.items() if task.spec == head[1]]) for head in heads)


def _head(given: str, spec: str, outcomes: Sequence[Trial | Failure]) -> HeadResult:
    return HeadResult(
        given,
        spec,
        trials=tuple(outcome for outcome in outcomes if isinstance(outcome, Trial)),
        failures=tuple(outcome for outcome in outcomes if isinstance(outcome, Failure)),
    )


def _save_winner(results: Results, tasks: Sequence[Task], store: Store, out: Path) -> dict[str, Any] | None:
    """Save the winner's best model and load it elsewhere; None if there is no winner."""
    winner = results.winner
    if winner is None:
        return None
    place = next(task.key for task in tasks if (task.spec, task.seed) == (winner.spec, winner.best.seed))
    with replacing(out / WINNER) as aside:
        shutil.copyfile(store.model(place), aside)
        try:
            difference = reload_difference(aside, store.outputs(place), results.dataset, results.settings.batch_size)
        except KpoolError as error:
            trial, said = store.model(place).parent, str(error).replace(str(aside), str(store.model(place)))
            raise KpoolError(
                f"{said}\n{out / WINNER} was not written; to train the winner again, remove {trial}"
            ) from error
    return {"model": WINNER, "process": "new", "max_difference": difference}
