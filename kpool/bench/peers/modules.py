"""Poolings with weights as people write them in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

from kpool.pooling import Pooling


class _Module(torch.nn.Module):
    """With the weights of a layer of ours."""

    def __init__(self, layer: Pooling) -> None:
        super().__init__()
        self.learned = torch.nn.ParameterList(map(torch.tensor, layer.get_weights()))


class _GeM(_Module):
    def forward(self, x: Any, mask: Any, ids: Any) -> Any:
        (p,) = self.learned
        x, m = steps(x, mask)
        return ((x.clamp(min=1e-6) ** p * m).sum(1) / m.sum(1)) ** (1 / p)


class _Attention(_Module):
    def forward(self, x: Any, mask: Any, ids: Any) -> Any:
        w, b, v = (y.to(x.dtype) for y in self.learned)
        return _attended(functional.linear(functional.linear(x, w.T, b).tanh(), v.T), x, mask)


class _DotAttention(_Module):
    def forward(self, x: Any, mask: Any, ids: Any) -> Any:
        (q,) = (y.to(x.dtype) for y in self.learned)
        return _attended(functional.linear(x, q.T) / x.shape[-1] ** 0.5, x, mask)


def _attended(scores: Any, x: Any, mask: Any) -> Any:
    x, m = steps(x, mask)
    return (scores.flatten(1, -2).masked_fill(~m, -torch.inf).softmax(1) * x).sum(1)


def steps(x: Any, mask: Any) -> tuple[Any, Any]:
    """(batch, steps, features), and the mask as (batch, steps, 1), all True if there is none."""
    x = x.flatten(1, -2)
    return x, torch.ones_like(x[..., :1], dtype=torch.bool) if mask is None else mask.flatten(1)[..., None]


MODULES: Mapping[str, type[_Module]] = {"gem": _GeM, "attention": _Attention, "dot_attention": _DotAttention}
"""By the strategy's name here."""
