"""The cost that is said is what happens."""

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
from kpool.cost import ASKED, PASSES
from kpool.reductions import Reduction
from kpool.region.lined import Lined
from kpool.region.segments import Segments

CLASSES = [cls for cls in vars(reductions).values() if inspect.isclass(cls) and issubclass(cls, Reduction)]
REDUCTIONS = [cls for cls in CLASSES if cls is not Reduction]
COUNTED = {1: "one pass", 2: "two passes", 3: "three passes", 4: "four passes"}
X = np.random.default_rng(0).normal(size=(1, 5, 2)).astype("float32")


class Watched(Lined):
    """Bags that note what they are asked for; the answer to one question can be made a lie."""

    def __init__(self, lie: int = -1) -> None:
        super().__init__(kops.convert_to_tensor(X))
        self.lie = lie
        self.asked: list[list[Any]] = []

    def _note(self, answer: Any, *given: Any) -> Any:
        self.asked.append([np.asarray(each) for each in given])
        return [x * 1.5 + 0.25 for x in answer] if len(self.asked) - 1 == self.lie else answer

    def _sums(self, of: Callable[..., Any], given: Any, *tensors: Any, both: bool) -> Any:
        return self._note(super()._sums(of, given, *tensors, both=both), *tensors, *given)

    def max(self, *tensors: Any, of: Callable[..., Any] = lambda x: x) -> Any:
        return self._note([super().max(*tensors, of=of)], *tensors)[0]


class Unlined(Segments):
    """Bags that note whether they are lined up, which these need for nothing that they do themselves."""

    lined = False

    def __init__(self) -> None:
        x = kops.convert_to_tensor(X)
        super().__init__(kops.zeros((1, 5), "int32"), 1, None, x, kops.ones((1, 5), "bool"), None)

    def line_up(self, tensor: Any, fill: float) -> Any:
        self.lined = True
        return super().line_up(tensor, fill)


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


@pytest.mark.parametrize("cls", REDUCTIONS, ids=lambda cls: cls.__name__)
def test_passes_are_those_that_are_made(cls: type[Reduction]) -> None:
    said = [words for words, names in PASSES.items() if cls.__name__ in names]
    assert said == [COUNTED[measured(made(cls))]]


@pytest.mark.parametrize("cls", REDUCTIONS, ids=lambda cls: cls.__name__)
def test_bags_are_lined_up_where_it_is_said(cls: type[Reduction]) -> None:
    bags = Unlined()
    made(cls).state(bags)
    assert bags.lined == (cls.__name__ in ASKED["lines each bag up"] | ASKED["selects the largest"])


def test_no_other_reductions_are_spoken_of() -> None:
    assert set().union(*PASSES.values()) == {cls.__name__ for cls in REDUCTIONS}


COSTS = {
    "mean": "one pass",
    "gem": "two passes",
    "std": "two passes",
    "attentive_stats": "four passes",
    "netvlad": "lines each bag up, one pass",
    "lstm": "goes step by step, lines each bag up",
    "top_k": "sorts, selects the largest",
}


@pytest.mark.parametrize(("name", "said"), COSTS.items(), ids=COSTS.keys())
def test_cost_in_words(name: str, said: str) -> None:
    assert card(kpool.strategies()[name]).cost == said
