"""How long poolings take, as a multiple of the limit: one compiled read of the same input, in the same run.

    python benchmarks/pooling.py                                        on Keras's backend, compiled
    KERAS_BACKEND=jax python benchmarks/pooling.py --dtype bfloat16     on a GPU, say
    python benchmarks/pooling.py --shape maps --over "window(2)" mean max
    python benchmarks/pooling.py --json benchmarks/results/cpu-tokens.json

Forward, the limit is a plain sum over the positions; over windows, one that reads all and writes what windows give.
With gradients it is x + x, which reads the input and writes as much. Each answer is first held to the layer op by op,
in float64 where the backend has it; a pooling and its limit are timed in turns, and the median ratio stands with its
quartiles. Masks are of random lengths, about 75 %. PyTorch runs op by op, as Keras has it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from backends import EXACT, compiled, gradient_of, ready, versions
from keras import ops

import kpool
from kpool.files import replacing

SHAPES = {
    "tokens": (32, 512, 768),
    "batch": (64, 128, 1024),
    "long": (2, 65536, 256),
    "maps": (16, 56, 56, 128),
    "late-maps": (64, 7, 7, 2048),
    "many-tokens": (256, 512, 768),
    "many-maps": (256, 56, 56, 128),
    "tiny": (2, 16, 8),
}
STRATEGIES = [
    "mean", "sum", "sqrt_mean", "position_mean", "first", "last", "max", "min", "gem(trainable=false)", "gem", "lp",
    "stats", "std", "lse", "softmax", "dot_attention", "attention", "concat(mean, max, std)",
]  # fmt: skip
WINDOWS = ["mean", "max", "gem(trainable=false)", "softmax"]
LINE = (
    "{name:24} forward {forward[ratio]:6.2f} {forward[quartiles]}  {forward[ms]:8.3f} ms, "
    "with gradients {backward[ratio]:6.2f} {backward[quartiles]}  {backward[ms]:8.3f} ms"
)
Function = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="specs; those of the table if none are given")
    parser.add_argument("--shape", choices=SHAPES, default="tokens")
    parser.add_argument("--over", help="a region, as window(2)")
    parser.add_argument("--dtype", choices=["float32", "bfloat16", "float16"], default="float32")
    parser.add_argument("--no-mask", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    bench = Bench(asked.shape, asked.over, asked.dtype, mask=not asked.no_mask, rounds=asked.rounds)
    rows = []
    for name in asked.names or (WINDOWS if asked.over else STRATEGIES):
        rows.append(bench.row(name))
        print(LINE.format(**rows[-1]), flush=True)
    if asked.json:
        with replacing(asked.json) as aside:
            aside.write_text(json.dumps({**bench.conditions(), "rows": rows}, indent=1) + "\n", encoding="utf-8")


class Bench:
    """Times poolings of one input."""

    def __init__(self, shape: str, over: str | None, dtype: str, *, mask: bool, rounds: int) -> None:
        self.asked = {"shape": shape, "over": over, "dtype": dtype, "mask": mask, "rounds": rounds}
        self.over, self.dtype, self.rounds = over, dtype, rounds
        rng = np.random.default_rng(0)
        batch, *positions, features = SHAPES[shape]
        self.exact = rng.normal(size=(batch, *positions, features)).astype("float32")
        lengths = rng.integers(positions[0] // 2, positions[0] + 1, batch)
        here = np.arange(positions[0]) < lengths[:, None]
        here = np.broadcast_to(here.reshape(batch, -1, *[1] * (len(positions) - 1)), (batch, *positions))
        self.mask = ops.convert_to_tensor(np.array(here)) if mask else None
        self.x = ops.cast(ops.convert_to_tensor(self.exact), dtype)
        self.exact = ops.convert_to_numpy(ops.cast(self.x, "float32"))
        axes = tuple(range(1, len(positions) + 1))
        self.read = self._limit(self._windowed if over else lambda x: ops.sum(x, axis=axes))
        self.write = self._limit(lambda x: x + x)

    def row(self, name: str) -> dict[str, Any]:
        layer = self._layer(name, f"mixed_{self.dtype}" if self.dtype != "float32" else "float32")
        forward = compiled(lambda x: layer(x, mask=self.mask))
        backward = compiled(gradient_of(lambda x: layer(x, mask=self.mask), layer))
        self._hold(name, layer, forward)
        return {
            "name": name,
            "forward": self._timed(lambda: forward(self.x), self.read),
            "backward": self._timed(lambda: backward(self.x), self.write),
        }

    def conditions(self) -> dict[str, Any]:
        cores = len(os.sched_getaffinity(0))
        return {
            **self.asked,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores},
            "versions": {"kpool": kpool.__version__, "keras": keras.__version__, **versions()},
        }

    def _layer(self, name: str, dtype: str) -> Any:
        spec = name
        if self.over:
            bare, _, arguments = name.partition("(")
            spec = f"{bare}({arguments.rstrip(')')}{', ' if arguments else ''}over={self.over})"
        drawn = kpool.pool(spec)
        layer = type(drawn).from_config({**drawn.get_config(), "dtype": dtype})
        layer.build(self.x.shape)
        return layer

    def _limit(self, function: Callable[[Any], Any]) -> Function:
        fast = compiled(function)
        ready(fast(self.x))
        return lambda: fast(self.x)

    def _windowed(self, x: Any) -> Any:
        """Reads all, and writes about what windows with a stride of 2 give."""
        return x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]

    def _hold(self, name: str, layer: Any, forward: Callable[[Any], Any]) -> None:
        """Refuse to time what is wrong: two rows are held to the same layer op by op, where it can be in float64."""
        given = ops.convert_to_numpy(ops.cast(forward(self.x), "float32"))[:2]
        exact = self._layer(name, EXACT)
        exact.set_weights(layer.get_weights())
        x, mask = ops.convert_to_tensor(self.exact[:2].astype(EXACT)), None if self.mask is None else self.mask[:2]
        expected = ops.convert_to_numpy(exact(x, mask=mask))
        allowed = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 2e-2}[self.dtype] * max(np.abs(expected).max(), 1)
        worst = float(np.abs(given - expected).max())
        if not worst <= allowed:
            raise AssertionError(f"{name} is wrong by {worst:.2g}, {allowed:.2g} allowed; it is not timed")

    def _timed(self, task: Function, limit: Function) -> dict[str, Any]:
        started = time.perf_counter()
        ready(task())
        first = time.perf_counter() - started
        ready(task())
        ready(limit())
        pairs = [(_seconds(limit), _seconds(task)) for _ in range(self.rounds)]
        ratios = [ours / theirs for theirs, ours in pairs]
        low, middle, high = statistics.quantiles(ratios, n=4)
        return {
            "ratio": round(middle, 3),
            "quartiles": [round(low, 3), round(high, 3)],
            "ms": round(statistics.median(ours for _, ours in pairs) * 1e3, 3),
            "limit_ms": round(statistics.median(theirs for theirs, _ in pairs) * 1e3, 3),
            "first_call_s": round(first, 2),
        }


def _seconds(task: Function) -> float:
    started = time.perf_counter()
    ready(task())
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
