"""The basic family: averages, extremes, spread and the means between them."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component("dct", "kpool_plugins.basic.dct:DCTPooling", "The first cosine coefficients."),
        Component("first", "kpool_plugins.basic.first:FirstPooling", "The first counted element."),
        Component("gated", "kpool_plugins.basic.gated:GatedPooling", "Max and mean, as each window decides."),
        Component("gem", "kpool_plugins.basic.gem:GeMPooling", "Power mean with a learned exponent."),
        Component("k_max", "kpool_plugins.basic.k_max:KMaxPooling", "The k largest values, in order of place."),
        Component("last", "kpool_plugins.basic.last:LastPooling", "The last counted element."),
        Component("lp", "kpool_plugins.basic.lp:LpPooling", "The p-norm."),
        Component("lse", "kpool_plugins.basic.lse:LSEPooling", "Log-mean-exp, a smooth maximum."),
        Component("max", "kpool_plugins.basic.max:MaxPooling", "The largest value of each feature."),
        Component("mean", "kpool_plugins.basic.mean:MeanPooling", "The average."),
        Component("median", "kpool_plugins.basic.median:MedianPooling", "The middle value of each feature."),
        Component("min", "kpool_plugins.basic.min:MinPooling", "The smallest value of each feature."),
        Component("min_max", "kpool_plugins.basic.min_max:MinMaxPooling", "The largest values and the smallest."),
        Component("mixed", "kpool_plugins.basic.mixed:MixedPooling", "Max and mean, in learned shares."),
        Component("position_mean", "kpool_plugins.basic.position_mean:PositionMeanPooling", "Average by place."),
        Component("quantile", "kpool_plugins.basic.quantile:QuantilePooling", "Order statistics of each feature."),
        Component(
            "softmax", "kpool_plugins.basic.softmax:SoftmaxPooling", "Average weighted by softmax of the values."
        ),
        Component("sqrt_mean", "kpool_plugins.basic.sqrt_mean:SqrtMeanPooling", "The sum over the root of the count."),
        Component("stats", "kpool_plugins.basic.stats:StatsPooling", "Mean and standard deviation, side by side."),
        Component("std", "kpool_plugins.basic.std:StdPooling", "The standard deviation."),
        Component("sum", "kpool_plugins.basic.sum:SumPooling", "The sum."),
        Component("top_k", "kpool_plugins.basic.top_k:TopKPooling", "The mean of the k largest values."),
        Component("tree", "kpool_plugins.basic.tree:TreePooling", "A tree of learned filters."),
        Component("var", "kpool_plugins.basic.var:VarPooling", "The variance."),
    ]
