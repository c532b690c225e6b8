"""The reductions: associative summaries of a bag, in which all numerics of pooling are kept.

A strategy's `lift` says which reductions of its elements it needs; `lower` makes the answer of their values. Each
reduction knows four things: its `state` for the elements of a bag, how two states `merge` into the state of both bags
together, the `value` of a state, and thereby its identity (the state of an empty bag, which merges as nothing).
A state is a dict of tensors (batch, *grid, …). Element tensors are (batch, *positions, …).
"""

from __future__ import annotations

from kpool.reductions.base import Reduction, State, as_reductions
from kpool.reductions.extremes import Max, Min, TopK, TopKValue
from kpool.reductions.moments import Moments, MomentsValue
from kpool.reductions.order import First, Last
from kpool.reductions.position import PositionMean
from kpool.reductions.power import PowerMean
from kpool.reductions.products import Gram, GramValue, Products, SecondMoment, SecondMomentValue
from kpool.reductions.softmax import LogMeanExp, SoftmaxSum
from kpool.reductions.spread import Convention, Spread
from kpool.reductions.sums import Count, Mean, Sum
from kpool.reductions.weighted import WeightedMoments, WeightedMomentsValue

__all__ = [
    "Convention",
    "Count",
    "First",
    "Gram",
    "GramValue",
    "Last",
    "LogMeanExp",
    "Max",
    "Mean",
    "Min",
    "Moments",
    "MomentsValue",
    "PositionMean",
    "PowerMean",
    "Products",
    "Reduction",
    "SecondMoment",
    "SecondMomentValue",
    "SoftmaxSum",
    "Spread",
    "State",
    "Sum",
    "TopK",
    "TopKValue",
    "WeightedMoments",
    "WeightedMomentsValue",
    "as_reductions",
]
