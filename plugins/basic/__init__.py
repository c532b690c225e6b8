"""The basic family: averages, extremes, spread and the means between them."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component("first", "kpool_plugins.basic.first:FirstPooling", "The first counted element."),
        Component("gem", "kpool_plugins.basic.gem:GeMPooling", "Power mean with a learned exponent."),
        Component("last", "kpool_plugins.basic.last:LastPooling", "The last counted element."),
        Component("lse", "kpool_plugins.basic.lse:LSEPooling", "Log-mean-exp, a smooth maximum."),
        Component("max", "kpool_plugins.basic.max:MaxPooling", "The largest value of each feature."),
        Component("mean", "kpool_plugins.basic.mean:MeanPooling", "The average."),
        Component("min", "kpool_plugins.basic.min:MinPooling", "The smallest value of each feature."),
        Component(
            "softmax", "kpool_plugins.basic.softmax:SoftmaxPooling", "Average weighted by softmax of the values."
        ),
        Component("sqrt_mean", "kpool_plugins.basic.sqrt_mean:SqrtMeanPooling", "The sum over the root of the count."),
        Component("stats", "kpool_plugins.basic.stats:StatsPooling", "Mean and standard deviation, side by side."),
        Component("std", "kpool_plugins.basic.std:StdPooling", "The standard deviation."),
        Component("sum", "kpool_plugins.basic.sum:SumPooling", "The sum."),
        Component("top_k", "kpool_plugins.basic.top_k:TopKPooling", "The mean of the k largest values."),
    ]
