"""What branches share: the time of `concat(mean, std, gem)` under XLA, to that of its branches one by one.

    python benchmarks/sharing.py [batch steps features]

Prints ratios of medians taken in turn, and how often the compiled programs read their input. Branches that need the
same reduction (the mean of `mean` is that of `std`) compute it once; XLA on CPU reads once for each of the others.
"""

from __future__ import annotations

import re
import statistics
import sys
import time

import numpy as np
import tensorflow as tf

import kpool

JOINED = {
    "concat(mean, stats)": ["mean", "stats"],
    "concat(mean, std, gem)": ["mean", "std", "gem"],
    "concat(mean, std, gem, lse, max)": ["mean", "std", "gem", "lse", "max"],
}


def compiled(spec: str, x: tf.Tensor) -> tf.types.experimental.PolymorphicFunction:
    layer = kpool.pool(spec)
    layer(x)
    return tf.function(layer, jit_compile=True)


def seconds(functions: list, x: tf.Tensor) -> float:
    started = time.perf_counter()
    for function in functions:
        function(x).numpy()
    return time.perf_counter() - started


def reads(function: tf.types.experimental.PolymorphicFunction, x: tf.Tensor) -> int:
    """How many operations of the compiled program take the input."""
    program = function.experimental_get_compiler_ir(x)(stage="optimized_hlo")
    main = program[program.index("ENTRY") :]
    shape = re.escape(",".join(map(str, x.shape)))
    (parameter,) = re.findall(rf"(%?[\w.]+) = f32\[{shape}\]\S* parameter", main)
    return len(re.findall(re.escape(parameter) + r"[,)]", main))


def main(shape: tuple[int, ...] = (32, 512, 768)) -> None:
    x = tf.constant(np.random.default_rng(0).normal(size=shape).astype("float32"))
    for spec, branches in JOINED.items():
        joined, single = compiled(spec, x), [compiled(branch, x) for branch in branches]
        seconds([joined, *single], x)
        ratio = statistics.median(seconds([joined], x) / seconds(single, x) for _ in range(15))
        apart = sum(reads(function, x) for function in single)
        print(f"{spec}: {ratio:.2f} of the branches one by one; {reads(joined, x)} reads of the input for {apart}")


if __name__ == "__main__":
    main(*([tuple(map(int, sys.argv[1:]))] if sys.argv[1:] else []))
