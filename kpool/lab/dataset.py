"""Labelled examples: what a trial learns from and is judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError

LEAST_PER_CLASS = 3
SPLIT_SEED = 0


@dataclass(frozen=True)
class Split:
    """Indices of examples, disjoint: 60 % to learn from, 20 % to choose by, 20 % to report."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    def __iter__(self) -> Iterator[NDArray[np.intp]]:
        return iter((self.train, self.validation, self.test))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled examples, checked.

    Args:
        name: Where they come from.
        x: float32, (examples, ..., features).
        y: Indices into `classes`, (examples,).
        classes: The name of each class.
        mask: Which elements of `x` count, bool, (examples, ...); None where all do.
        parts: The split, where examples have something in common and are not to be dealt out one by one.
    """

    name: str
    x: NDArray[np.float32]
    y: NDArray[np.int32]
    classes: tuple[str, ...]
    mask: NDArray[np.bool_] | None = None
    parts: Split | None = None

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every value, so that a result is never taken for another data set's."""
        digest = hashlib.sha256()
        for array in (self.x, self.y, self.mask, *(self.parts or ())):
            if array is not None:
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]

    @cached_property
    def split(self) -> Split:
        """The same for every trial: heads are compared on equal terms."""
        return self.parts or stratified(self.y)

    def lesson(self, size: int | None, seed: int) -> NDArray[np.intp]:
        """The examples to learn from: all of them, or `size`, another choice for each seed, of each class its share."""
        train = self.split.train
        if size is None:
            return train
        mixed = np.random.default_rng(seed).permutation(train)
        y, place = self.y[mixed], np.empty(len(mixed))
        for label in np.unique(y):
            places = np.flatnonzero(y == label)
            place[places] = (np.arange(len(places)) + 0.5) / len(places)
        return np.sort(mixed[np.argsort(place, kind="stable")[:size]])

    def with_test(self, x: NDArray[np.float32]) -> Dataset:
        """The same with other test examples, split as this one is."""
        changed = self.x.copy()
        changed[self.split.test] = x
        return replace(self, x=changed, parts=self.split)

    def inputs(self, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """What a model is fed for these rows, by the name of its input."""
        fed: dict[str, NDArray[Any]] = {"x": self.x[rows]}
        return fed if self.mask is None else {**fed, "mask": self.mask[rows]}


def labelled(
    name: str,
    x: NDArray[np.float32],
    labels: NDArray[np.integer],
    mask: NDArray[np.bool_] | None = None,
    named: Callable[[int], str] = str,
) -> Dataset:
    """A Dataset whose classes are the distinct labels; `named` gives a label's name.

    Raises:
        KpoolError: there are fewer than two classes, or one with too few examples to split.
    """
    values, y, counts = np.unique(labels, return_inverse=True, return_counts=True)
    classes = tuple(named(int(value)) for value in values)
    if len(classes) < 2:
        raise KpoolError(f"{name}: only one class ({classes[0]}); there must be two or more to tell apart")
    if counts.min() < LEAST_PER_CLASS:
        rare = int(counts.argmin())
        raise KpoolError(
            f"{name}: class {classes[rare]} has {counts[rare]} example(s); each class needs {LEAST_PER_CLASS}, "
            "one to learn from, one to choose by and one to report"
        )
    return Dataset(name, x, y.astype(np.int32), classes, mask)


def stratified(y: NDArray[np.integer], seed: int = SPLIT_SEED) -> Split:
    """Split class by class, so that each part has its share of every class and at least one example of it."""
    random = np.random.default_rng(seed)
    parts = [_cut(random.permutation(np.flatnonzero(y == label))) for label in np.unique(y)]
    return Split(*(np.sort(np.concatenate(part)) for part in zip(*parts, strict=True)))


def _cut(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    fifth = max(1, round(len(rows) / 5))
    test, validation, train = np.split(rows, [fifth, 2 * fifth])
    return [train, validation, test]
