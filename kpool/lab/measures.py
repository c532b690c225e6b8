"""What can be said of a trained model beside its accuracy, from the test examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset

SHIFTS = 4
Predict = Callable[[Dataset], NDArray[np.float32]]
"""A model's outputs for the test examples of a data set."""


def auc(dataset: Dataset, predict: Predict) -> float:
    """The probability that of two examples, one of each class, the right one has the higher score; a tie is a half."""
    outputs = predict(dataset).astype(np.float64)
    score, y = outputs[:, 1] - outputs[:, 0], dataset.y[dataset.split.test]
    negative = np.sort(score[y == 0])
    below = (np.searchsorted(negative, score[y == 1], side) for side in ("left", "right"))
    return float(np.mean(list(below)) / len(negative))


def shift_consistency(dataset: Dataset, predict: Predict) -> float:
    """The probability that an image, shifted in two ways, is given the same class twice, be it right or wrong.

    Shifts are by 0 to 3 pixels along each axis; what leaves on one side comes in on the other.

    Source: Zhang 2019, arXiv:1904.11486; cyclic as in Chaman, Dokmanić 2021, arXiv:2011.14214.
    """
    test = dataset.split.test
    shifted = (np.roll(dataset.x[test], shift, (1, 2)) for shift in product(range(SHIFTS), repeat=2))
    given = np.stack([predict(dataset.with_test(x)).argmax(-1) for x in shifted])
    times = np.stack([(given == c).sum(axis=0) for c in range(len(dataset.classes))])
    return float((times * (times - 1)).sum(axis=0).mean() / (len(given) * (len(given) - 1)))


MEASURES: Mapping[str, Callable[[Dataset, Predict], float]] = MappingProxyType(
    {"auc": auc, "shift_consistency": shift_consistency}
)


def check(names: Sequence[str], dataset: Dataset) -> None:
    """Make sure that there are such measures, and that they mean something for this data set.

    Raises:
        KpoolError: a name is unknown, or the data are not what the measure is of.
    """
    if unknown := [name for name in names if name not in MEASURES]:
        raise KpoolError(f"no measure {unknown[0]!r}; there are {' and '.join(MEASURES)}")
    if auc.__name__ in names and len(dataset.classes) != 2:
        raise KpoolError(f"auc is of two classes, and {dataset.name} has {len(dataset.classes)}")
    if auc.__name__ in names and len(np.unique(dataset.y[dataset.split.test])) != 2:
        raise KpoolError(f"auc is of two classes, and the test examples of {dataset.name} are all of one")
    if shift_consistency.__name__ in names and (dataset.x.ndim != 4 or dataset.mask is not None):
        raise KpoolError(f"shift_consistency is of images; {dataset.name} has none, or has a mask")


def taken(names: Sequence[str], dataset: Dataset, predict: Predict) -> dict[str, Any]:
    """Every measure by name."""
    return {name: MEASURES[name](dataset, predict) for name in names}
