"""The cost that is read from the text is what happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras import ops as kops

import kpool
from kpool import reductions
from kpool.cards import card
from kpool.cost import passes
from kpool.reductions import Reduction
from kpool.region.lined import Lined

REDUCTIONS = [cls for cls in vars(reductions).values() if inspect.isclass(cls) and issubclass(cls, Reduction)]
X = np.random.default_rng(0).normal(size=(1, 5, 2)).astype("float32")


class Watched(Lined):
    """Bags that note what they are asked for; the answer to one question can be made a lie."""

    def __init__(self, lie: int = -1) -> None:
        super().__init__(kops.convert_to_tensor(X))
        self.lie = lie
        self.asked: list[list[Any]] = []

    def _note(self, answer: Any, *given: Any) -> Any:
        self.asked.append([np.asarray(each) for each in given])
        return answer * 1.5 + 0.25 if len(self.asked) - 1 == self.lie else answer

    def sum(self, *tensors: Any, of: Callable[..., Any] = lambda x: x, given: Any = ()) -> Any:
        return self._note(super().sum(*tensors, of=of, given=given), *tensors, *given)

    def max(self, *tensors: Any, of: Callable[..., Any] = lambda x: x) -> Any:
        return self._note(super().max(*tensors, of=of), *tensors)


def measured(reduction: Reduction) -> int:
    """The longest chain of reads of which each is given something else if the one before it lies."""
    honest = Watched()
    reduction.state(honest)
    depths = [1] * len(honest.asked)
    for lie in range(len(depths)):
        liar = Watched(lie)
        reduction.state(liar)
        for later in range(lie + 1, len(depths)):
            same = map(np.array_equal, honest.asked[later], liar.asked[later])
            depths[later] = max(depths[later], 1 if all(same) else depths[lie] + 1)
    return max(depths, default=1)


def made(cls: type[Reduction]) -> Reduction:
    given = {"p": 3.0, "k": 2, "scores": X[..., :1], "ddof": 0}
    return cls(**{name: given.get(name, kops.convert_to_tensor(X)) for name in inspect.signature(cls).parameters})


@pytest.mark.parametrize("cls", [cls for cls in REDUCTIONS if cls is not Reduction], ids=lambda cls: cls.__name__)
def test_passes_are_those_that_are_made(cls: type[Reduction]) -> None:
    assert passes(f"{cls.__module__}:{cls.__name__}") == measured(made(cls))


COSTS = {
    "mean": "one pass",
    "gem": "two passes",
    "std": "three passes",
    "top_k": "sorts, selects the largest",
}


@pytest.mark.parametrize(("name", "said"), COSTS.items(), ids=COSTS.keys())
def test_cost_in_words(name: str, said: str) -> None:
    assert card(kpool.strategies()[name]).cost == said
