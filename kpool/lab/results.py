"""What a comparison found, and how it chooses."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kpool.lab.dataset import Dataset
from kpool.lab.intervals import half_width
from kpool.lab.trial import Settings, Trial

MEAN, INTERVAL = "mean", "ci95"
ACCURACIES = ("test_accuracy", "validation_accuracy")


@dataclass(frozen=True)
class Failure:
    """A trial that raised."""

    seed: int
    error: str


@dataclass(frozen=True)
class HeadResult:
    """One head's trials, one per seed. `given` is the spec as typed, `spec` its canonical form."""

    given: str
    spec: str
    trials: tuple[Trial, ...]
    failures: tuple[Failure, ...] = ()

    def values(self, figure: str) -> dict[int, float]:
        """One of Trial's figures, or one of its measures, by seed."""
        return {t.seed: t.measures[figure] if figure in t.measures else getattr(t, figure) for t in self.trials}

    def mean(self, figure: str) -> float:
        """The mean over seeds of a figure."""
        return statistics.fmean(self.values(figure).values())

    def deviation(self, figure: str) -> float:
        """The sample standard deviation over seeds; 0 for a single one."""
        values = list(self.values(figure).values())
        return statistics.stdev(values) if len(values) > 1 else 0.0

    def median(self, figure: str) -> float:
        """For times: a process's first trial pays for TensorFlow's start, and a mean would charge it to that head."""
        return float(statistics.median(getattr(trial, figure) for trial in self.trials))

    @property
    def best(self) -> Trial:
        return max(self.trials, key=lambda trial: trial.validation_accuracy)

    def summary(self, first: HeadResult) -> dict[str, Any]:
        """In figures; `first` is the head that was given first, to which the others are compared, seed by seed."""
        known = {"given": self.given, "spec": self.spec, "failures": [asdict(failure) for failure in self.failures]}
        if not self.trials:
            return known
        figures = (*ACCURACIES, *self.trials[0].measures)
        return known | {figure: self._over_seeds(figure, first) for figure in figures} | {
            "parameters": self.trials[0].parameters,
            "head_parameters": self.trials[0].head_parameters,
            "train_seconds": self.median("train_seconds"),
            "ms_per_example": self.median("ms_per_example"),
        }  # fmt: skip

    def _over_seeds(self, figure: str, first: HeadResult) -> dict[str, Any]:
        """`ci95` is half of the 95 % confidence interval, None for one seed; seeds that both have make a pair."""
        values, others = self.values(figure), first.values(figure)
        found = {MEAN: self.mean(figure), "std": self.deviation(figure), INTERVAL: half_width(list(values.values()))}
        differences = [values[seed] - others[seed] for seed in values if seed in others]
        if self is first or not differences:
            return found
        return found | {"more_than_first": {MEAN: statistics.fmean(differences), INTERVAL: half_width(differences)}}


@dataclass(frozen=True, eq=False)
class Results:
    """All heads, in the order in which they were given."""

    dataset: Dataset
    settings: Settings
    heads: tuple[HeadResult, ...]
    versions: dict[str, str]
    seconds: float

    @property
    def winner(self) -> HeadResult | None:
        """The first by merit of those without a failure; the test examples have no say."""
        whole = [head for head in self.heads if head.trials and not head.failures]
        return max(whole, key=merit, default=None)

    @property
    def failed(self) -> int:
        return sum(len(head.failures) for head in self.heads)

    def to_json(self, reload: dict[str, Any] | None) -> dict[str, Any]:
        """`reload` is what `kpool.lab.reload` found, if there is a winner."""
        return {
            "versions": self.versions,
            "machine": {"cores": os.cpu_count(), "platform": platform.platform()},
            "data": describe(self.dataset),
            "settings": self.settings.to_json(),
            "seconds": self.seconds,
            "heads": [head.summary(self.heads[0]) for head in self.heads],
            "trials": [asdict(trial) for trial in trials(self.heads)],
            "winner": self.winner and self._winner_json(self.winner) | {"reload": reload},
        }

    def _winner_json(self, winner: HeadResult) -> dict[str, Any]:
        best = winner.best
        return {
            "given": winner.given,
            "spec": winner.spec,
            "seed": best.seed,
            "validation_accuracy": best.validation_accuracy,
            "test_accuracy": best.test_accuracy,
        }


def describe(dataset: Dataset) -> dict[str, Any]:
    """A data set in figures."""
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.x.shape),
        "masked": dataset.mask is not None,
        "classes": list(dataset.classes),
        "train": len(dataset.split.train),
        "validation": len(dataset.split.validation),
        "test": len(dataset.split.test),
    }


def trials(heads: Sequence[HeadResult]) -> list[Trial]:
    return [trial for head in heads for trial in head.trials]


def merit(head: HeadResult) -> tuple[float, int]:
    """What heads are ranked by: accuracy on the validation examples, then smallness."""
    return head.mean("validation_accuracy"), -head.best.head_parameters
