"""A peer's weights and data, laid over ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import kpool

Array = np.ndarray


def drawn(module: torch.nn.Module) -> Any:
    """The module for inference in float64, with every parameter drawn anew: none stays 0 or 1, and so unnoticed."""
    generator = torch.Generator().manual_seed(0)
    module = module.double().eval().requires_grad_(False)
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2)
    return module


def pool(spec: str, x: Array, laid_over: dict[str, Any] | None = None, **given: Any) -> Array:
    """What the layer of a spec gives for x, with these weights of its own by name: all that it has, or none."""
    layer = kpool.pool(spec)
    if laid_over is not None:
        layer.build(x.shape)
        assert {weight.name for weight in layer.weights} == set(laid_over)
        for weight in layer.weights:
            weight.assign(np.asarray(laid_over[weight.name]))
    return np.asarray(layer(x, **given))


def matrix(weight: torch.Tensor) -> Array:
    """(outputs, inputs, …) of a PyTorch layer as (inputs, outputs); the kernel of its convolution has size 1."""
    return weight.reshape(weight.shape[:2]).numpy().T


def first(x: Array) -> torch.Tensor:
    """Channels first: (batch, *positions, features) as PyTorch wants it, (batch, features, *positions)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))


def last(x: torch.Tensor) -> Array:
    """Channels last: the way back."""
    return np.moveaxis(x.numpy(), 1, -1)


def same(ours: Any, theirs: Any, rtol: float = 1e-10, atol: float = 1e-12) -> None:
    """Equal but for the rounding of float64."""
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=rtol, atol=atol, strict=True)
