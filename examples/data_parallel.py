"""Trains one head on several processes of JAX: here processes of this machine, elsewhere machines.

    KERAS_BACKEND=jax python examples/data_parallel.py --processes 2

On machines of your own, start it on each with --process and the address of the first: --process 1 --address host:port.
Keras's own `keras.distribution` does what is needed: each process reads its part of every batch, and the weights are
those that one process learns, but for the rounding of sums in another order.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
EXAMPLES, BATCH = 48, 16


def main() -> int:
    asked = arguments()
    if asked.processes == 1 or asked.process is not None:
        return train(asked)
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
    processes = [
        subprocess.Popen([sys.executable, *sys.argv, "--process", str(i), "--address", address])
        for i in range(asked.processes)
    ]
    return max(abs(process.wait()) for process in processes)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--process", type=int, help="which of them this is; all are started here if not given")
    parser.add_argument("--address", help="of the first process, as in 10.0.0.1:8476")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("data-parallel"), help="for the model, of each process")
    return parser.parse_args()


def train(asked: argparse.Namespace) -> int:
    process = asked.process or 0
    import keras

    if asked.processes > 1:
        import jax

        jax.config.update("jax_cpu_collectives_implementation", "gloo")  # where there are CPUs only
        keras.distribution.initialize(asked.address, num_processes=asked.processes, process_id=process)
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))

    import kpool

    keras.utils.set_random_seed(0)
    tokens = keras.Input((None, 16))
    scores = kpool.head("concat(mean, gem(p=3), attention) | dense(2)")(keras.layers.Masking()(tokens))
    model = keras.Model(tokens, scores)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy"])
    model.fit(part(process, asked.processes), epochs=asked.epochs, shuffle=False, verbose=0 if process else 2)
    # each process saves: what the weights are, Keras asks all of them
    kpool.save_model(model, asked.out / f"process-{process}" / "model.keras")
    magnitudes = sum(abs(w).sum() for w in model.get_weights())
    if process == 0:
        print(f"sum of the weights' magnitudes: {magnitudes:.7f}")
    return 0


def part(process: int, processes: int) -> Any:
    """This process's part of each batch: of 48 sequences of 4 to 12 steps, zeros behind them, 16 at a time."""
    import keras
    import numpy as np

    rng = np.random.default_rng(0)
    kinds, lengths = rng.integers(0, 2, EXAMPLES), rng.integers(4, 13, EXAMPLES)
    tokens = rng.normal(size=(EXAMPLES, 12, 16)) + kinds[:, None, None] * rng.normal(size=16)
    tokens[np.arange(12) >= lengths[:, None]] = 0

    class Part(keras.utils.PyDataset):
        def __len__(self) -> int:
            return EXAMPLES // BATCH

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            own = slice(index * BATCH + process * (BATCH // processes), None)
            rows = np.arange(EXAMPLES)[own][: BATCH // processes]
            return tokens[rows].astype("float32"), kinds[rows]

    return Part()


if __name__ == "__main__":
    sys.exit(main())
