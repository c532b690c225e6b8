"""Libraries of PyTorch layers: what each has, by the strategy's name here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kpool.bench.work import Work, region_of
from kpool.pooling import Pooling

Function = Callable[..., Any]
"""f(x, mask, ids)"""

_SENTENCE = {
    "mean": "mean",
    "max": "max",
    "sqrt_mean": "mean_sqrt_len_tokens",
    "position_mean": "weightedmean",
    "first": "cls",
    "last": "lasttoken",
}
_GEOMETRIC = {
    "mean": "MeanAggregation",
    "sum": "SumAggregation",
    "max": "MaxAggregation",
    "min": "MinAggregation",
    "std": "StdAggregation",
    "softmax": "SoftmaxAggregation",
    "median(interpolation=lower)": "MedianAggregation",
}
_TIMM = {"mean": "avg", "max": "max"}


def _sentence_transformers(work: Work, layer: Pooling) -> Function | None:
    """Pooling, of tokens."""
    if work.spec not in _SENTENCE or region_of(layer).region_name != "everything" or work.given.x.ndim != 3:
        return None
    from sentence_transformers.sentence_transformer.modules.pooling import Pooling as Theirs

    pooling = Theirs(work.given.x.shape[-1], _SENTENCE[work.spec])

    def function(x: Any, mask: Any, ids: Any) -> Any:
        mask = x.new_ones(x.shape[:2]) if mask is None else mask.long()
        return pooling({"token_embeddings": x, "attention_mask": mask})["sentence_embedding"]

    return function


def _geometric(work: Work, layer: Pooling) -> Function | None:
    """Aggregations of a packed batch, in order."""
    if work.spec not in _GEOMETRIC or not work.given.segments:
        return None
    from torch_geometric.nn import aggr

    aggregation, size = getattr(aggr, _GEOMETRIC[work.spec])(), work.given.segments
    return lambda x, mask, ids: aggregation(x[0], ids, dim_size=size)[None]


def _timm(work: Work, layer: Pooling) -> Function | None:
    """Global pooling of maps; it takes no mask."""
    if work.spec not in _TIMM or region_of(layer).region_name != "everything" or work.given.x.ndim != 4:
        return None
    from timm.layers import SelectAdaptivePool2d

    pool = SelectAdaptivePool2d(pool_type=_TIMM[work.spec], flatten=True, input_fmt="NHWC")
    return lambda x, mask, ids: pool(x)


FUNCTIONS: Mapping[str, Callable[[Work, Pooling], Function | None]] = {
    "sentence-transformers": _sentence_transformers,
    "torch-geometric": _geometric,
    "timm": _timm,
}
"""By distribution: what gives the function for some work, or None where it has none."""
