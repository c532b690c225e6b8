"""Spread: what is called the variance, or the standard deviation, of a bag; peers do not agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keras import ops as kops

from kpool import ops
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.reductions.moments import MomentsValue

Convention = Literal["population", "kaldi", "speechbrain", "pyannote", "ecapa"]


@dataclass(frozen=True)
class Terms:
    """What a convention divides by, and where its ε goes.

    Attributes:
        ddof: Σ (x − μ)² is divided by n − ddof; by n − Σ w² / n where it is None.
        epsilon: ε, if nobody gives another.
        enters: √(var + ε), √max(var, ε) or √var + ε.
    """

    ddof: int | None
    epsilon: float
    enters: Literal["inside", "floor", "after"]


_TERMS = {
    "population": Terms(ddof=0, epsilon=0.0, enters="inside"),
    "kaldi": Terms(ddof=0, epsilon=1e-10, enters="floor"),
    "speechbrain": Terms(ddof=1, epsilon=1e-5, enters="after"),
    "pyannote": Terms(ddof=None, epsilon=0.0, enters="inside"),
    "ecapa": Terms(ddof=0, epsilon=1e-12, enters="floor"),
}


class Spread:
    """Variance and standard deviation by a convention; `ddof` and `epsilon` replace the convention's own."""

    def __init__(self, convention: Convention, ddof: int | None, epsilon: float | None, owner: str) -> None:
        terms = _TERMS[convention]
        if ddof is not None and terms.ddof is None:
            raise SpecError(f"{owner}: {convention} divides by n − Σ w² / n and takes no ddof")
        self.ddof = terms.ddof if ddof is None else ddof
        self.epsilon = terms.epsilon if epsilon is None else epsilon
        self.enters = terms.enters

    def variance(self, moments: MomentsValue) -> Tensor:
        """The variance under the root: without an ε that is added behind it."""
        variance = moments.reliability_variance() if self.ddof is None else moments.variance(self.ddof)
        if self.enters == "floor":
            return kops.maximum(variance, self.epsilon)
        return variance + self.epsilon if self.enters == "inside" else variance

    def deviation(self, moments: MomentsValue) -> Tensor:
        """The standard deviation."""
        deviation = ops.sqrt(self.variance(moments))
        return deviation + self.epsilon if self.enters == "after" else deviation
