"""Poolings as people write them in PyTorch: with masks, and without a thought for NaN behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

from kpool.bench.peers.modules import MODULES, steps
from kpool.bench.work import Work, region_of
from kpool.pooling import Pooling
from kpool.region.window import Window

Formula = Callable[..., Any]


def function(work: Work, layer: Pooling) -> Formula | None:
    """f(x, mask, ids), by the strategy's name here; None where there is none."""
    region = region_of(layer)
    if region.region_name == "everything" and work.spec in MODULES:
        return MODULES[work.spec](layer)
    found = _FORMULAS.get((work.spec, region.region_name))
    if found is None or not isinstance(region, Window):
        return found
    plain = region.padding == "valid" and region.dilation == 1 and work.given.x.ndim == 4
    return (lambda x, mask, ids: found(x, mask, region.size, region.strides)) if plain else None


def _mean(x: Any, mask: Any, ids: Any) -> Any:
    if mask is None:
        return x.flatten(1, -2).mean(1)
    x, m = steps(x, mask)
    return (x * m).sum(1) / m.sum(1)


def _sum(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return (x * m).sum(1)


def _sqrt_mean(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return (x * m).sum(1) / m.sum(1).sqrt()


def _max(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return x.masked_fill(~m, -torch.inf).amax(1)


def _min(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return x.masked_fill(~m, torch.inf).amin(1)


def _first(x: Any, mask: Any, ids: Any) -> Any:
    return x.flatten(1, -2)[:, 0]


def _last(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return x[torch.arange(len(x), device=x.device), m.sum(1)[:, 0] - 1]


def _gem(x: Any, mask: Any, ids: Any) -> Any:
    return _mean(x.clamp(min=1e-6) ** 3, mask, ids) ** (1 / 3)


def _lp(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return (x * x * m).sum(1).sqrt()


def _std(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    n = m.sum(1, keepdim=True)
    mean = (x * m).sum(1, keepdim=True) / n
    return (((x - mean) ** 2 * m).sum(1) / n[:, 0]).sqrt()


def _stats(x: Any, mask: Any, ids: Any) -> Any:
    return torch.cat([_mean(x, mask, ids), _std(x, mask, ids)], -1)


def _lse(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return ((10 * x).masked_fill(~m, -torch.inf).logsumexp(1) - m.sum(1).log()) / 10


def _softmax(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return (x.masked_fill(~m, -torch.inf).softmax(1) * x).sum(1)


def _median(x: Any, mask: Any, ids: Any) -> Any:
    x, m = steps(x, mask)
    return x.masked_fill(~m, torch.nan).nanmedian(1).values


def _mean_max_std(x: Any, mask: Any, ids: Any) -> Any:
    return torch.cat([_mean(x, mask, ids), _max(x, mask, ids), _std(x, mask, ids)], -1)


def _averages(x: Any, mask: Any, size: Any, strides: Any) -> Any:
    """Of what counts in each window, 0 where nothing does; x (batch, features, rows, columns)."""
    if mask is None:
        return functional.avg_pool2d(x, size, strides)
    m = mask[:, None].to(x.dtype)
    total, n = (functional.avg_pool2d(y, size, strides) for y in (x * m, m))
    return total / torch.where(n > 0, n, 1)


def _window_mean(x: Any, mask: Any, size: Any, strides: Any) -> Any:
    return _averages(x.movedim(-1, 1), mask, size, strides).movedim(1, -1)


def _window_max(x: Any, mask: Any, size: Any, strides: Any) -> Any:
    x = x.movedim(-1, 1)
    if mask is not None:
        x = x.masked_fill(~mask[:, None], -torch.inf)
    y = functional.max_pool2d(x, size, strides)
    return (y if mask is None else torch.where(y == -torch.inf, 0, y)).movedim(1, -1)


def _window_gem(x: Any, mask: Any, size: Any, strides: Any) -> Any:
    y = _averages(x.movedim(-1, 1).clamp(min=1e-6) ** 3, mask, size, strides).movedim(1, -1)
    return torch.where(y > 0, y, 1) ** (1 / 3) * (y > 0)


def _window_softmax(x: Any, mask: Any, size: Any, strides: Any) -> Any:
    x = x.movedim(-1, 1)
    e = x.exp() if mask is None else x.exp() * mask[:, None]
    total, n = (functional.avg_pool2d(y, size, strides) for y in (e * x, e))
    return (total / torch.where(n > 0, n, 1)).movedim(1, -1)


def _segments(reduce: str) -> Formula:
    def reduced(x: Any, mask: Any, ids: Any) -> Any:
        lengths = torch.bincount(ids)
        return torch.segment_reduce(x[0], reduce, lengths=lengths)[None]

    return reduced


_FORMULAS: Mapping[tuple[str, str], Formula] = {
    ("mean", "everything"): _mean,
    ("sum", "everything"): _sum,
    ("sqrt_mean", "everything"): _sqrt_mean,
    ("max", "everything"): _max,
    ("min", "everything"): _min,
    ("first", "everything"): _first,
    ("last", "everything"): _last,
    ("gem(trainable=false)", "everything"): _gem,
    ("lp", "everything"): _lp,
    ("std", "everything"): _std,
    ("stats", "everything"): _stats,
    ("lse", "everything"): _lse,
    ("softmax", "everything"): _softmax,
    ("median(interpolation=lower)", "everything"): _median,
    ("concat(mean, max, std)", "everything"): _mean_max_std,
    ("mean", "window"): _window_mean,
    ("max", "window"): _window_max,
    ("gem(trainable=false)", "window"): _window_gem,
    ("softmax", "window"): _window_softmax,
    ("mean", "segments"): _segments("mean"),
    ("sum", "segments"): _segments("sum"),
    ("max", "segments"): _segments("max"),
    ("min", "segments"): _segments("min"),
}
