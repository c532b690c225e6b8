"""PyTorch, op by op and compiled: formulas as people write them, and libraries of layers."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from kpool.bench.peers import formulas, libraries
from kpool.bench.run import FORWARD, Array, Run, summand
from kpool.bench.work import Work
from kpool.pooling import Pooling

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

Function = Callable[..., Any]
"""Of x (batch, *positions, features), mask (batch, *positions) or None, ids (elements,) or None."""


def runs(work: Work, layer: Pooling, what: str) -> dict[str, Run]:
    """Each that has the pooling, as it is and compiled."""
    x = torch.from_numpy(work.given.x).to(DEVICE, getattr(torch, work.given.dtype))
    mask, ids = (None if array is None else torch.from_numpy(array).to(DEVICE) for array in _beside(work))
    torch.compiler.reset()  # it compiles one function, whatever its closure, eight times at most (PyTorch 2.14)
    found = {}
    for library, function in _functions(work, layer):
        for mode, compiled in _modes():
            ready = compiled(function)
            call = _forward if what == FORWARD else _gradients
            found[f"{library}{mode}"] = Run(_bound(call, ready, function, x, mask, ids), _wait, _read)
    return found


def _functions(work: Work, layer: Pooling) -> Iterator[tuple[str, Function]]:
    found = formulas.function(work, layer)
    if found:
        yield "torch", found.to(DEVICE) if isinstance(found, torch.nn.Module) else found
    for package, function in libraries.FUNCTIONS.items():
        if importlib.util.find_spec(package.replace("-", "_")) and (found := function(work, layer)):
            yield package, found


def _modes() -> list[tuple[str, Callable[[Function], Function]]]:
    compiler = [(" compiled", torch.compile)] if shutil.which("c++") or DEVICE == "cuda" else []
    return [("", lambda function: function), *compiler]


def _bound(call: Function, ready: Function, function: Function, *given: Any) -> Callable[[], Any]:
    learned = list(function.parameters()) if isinstance(function, torch.nn.Module) else []
    return lambda: call(ready, learned, *given)


def _forward(function: Function, learned: list[Any], *given: Any) -> Any:
    with torch.no_grad():
        return function(*given)


def _gradients(function: Function, learned: list[Any], x: Any, *given: Any) -> Any:
    x = x.detach().requires_grad_()
    loss = summand(function(x, *given).float()).sum()
    return torch.autograd.grad(loss, [x, *learned])


def _beside(work: Work) -> tuple[Array | None, Array | None]:
    return work.given.mask, None if work.given.ids is None else work.given.ids[0].astype(np.int64)


def _wait(answer: Any) -> None:
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def _read(x: Any) -> Array:
    return np.asarray(x.detach().float().cpu().numpy())
