"""Engines: where trials are run. `local` runs one after the other in this process; kpool.lab.cluster has another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kpool.lab.dataset import Dataset
from kpool.lab.files import CannotWriteError
from kpool.lab.results import Failure
from kpool.lab.store import Store
from kpool.lab.trial import Settings, Trial, run


@dataclass(frozen=True)
class Task:
    """A trial to be run: the spec as typed, its canonical form, the seed, and the name it is kept under."""

    given: str
    spec: str
    seed: int
    key: str


Outcome = tuple[Task, Trial | Failure]
Engine = Callable[[Sequence[Task], Dataset, Settings, Store], Iterator[Outcome]]
"""Runs trials, keeps those that finish in the store, and yields what came of each as soon as it is known."""


def local(tasks: Sequence[Task], dataset: Dataset, settings: Settings, store: Store) -> Iterator[Outcome]:
    for task in tasks:
        yield task, attempt(task, dataset, settings, store)


def attempt(task: Task, dataset: Dataset, settings: Settings, store: Store) -> Trial | Failure:
    """Run a trial and keep it; whatever it raises, the other heads' trials are not lost by it.

    Raises:
        CannotWriteError: it cannot be kept, and neither could the others.
    """
    try:
        trained = run(task.given, task.seed, dataset, settings)
        store.keep(task.key, trained)
    except CannotWriteError:
        raise
    except Exception as error:
        return Failure(task.seed, f"{type(error).__name__}: {error}")
    return trained.trial
