"""Trains one head on several workers of TensorFlow: here processes of this machine, elsewhere machines.

    python examples/several_workers.py --workers 2

On machines of your own, start it on each, with TF_CONFIG set as TensorFlow says: the addresses of all, and which of
them this one is. The weights are those that one process learns, but for the rounding of sums in another order. Batches
are divided among the workers, so their size must be a multiple of the workers, and the last one whole
(`drop_remainder`): each worker averages its own part.

A worker that is killed ends the others with an error. Started again with the same --backup, all go on at the epoch that
was not finished, and end with the weights of a training that was never cut off (--kill-after shows it).
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    asked = arguments()
    if asked.workers == 1 or "TF_CONFIG" in os.environ:
        return train(asked)
    addresses = [f"127.0.0.1:{port}" for port in free_ports(asked.workers)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-u", *sys.argv], env=os.environ | {"TF_CONFIG": json.dumps(place(addresses, i))}
        )
        for i in range(asked.workers)
    ]
    return max(abs(worker.wait()) for worker in workers)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("several-workers"), help="for the model, by the first worker")
    parser.add_argument("--backup", action="store_true", help="keep, in --out, what a restart goes on from")
    parser.add_argument("--kill-after", type=int, default=0, metavar="EPOCH", help="kill the last worker after that")
    return parser.parse_args()


def place(addresses: list[str], index: int) -> dict[str, object]:
    return {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def train(asked: argparse.Namespace) -> int:
    import tensorflow as tf

    several = "TF_CONFIG" in os.environ
    # before anything else of TensorFlow's: it sets up how workers talk
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if several else tf.distribute.get_strategy()
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"] if several else 0

    import keras

    import kpool

    keras.utils.set_random_seed(0)
    with strategy.scope():
        tokens = keras.Input((None, 16))
        scores = kpool.head("concat(mean, gem(p=3), attention) | dense(2)")(keras.layers.Masking()(tokens))
        model = keras.Model(tokens, scores)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy"], jit_compile=False)
    kpool.distribute(model)

    callbacks = [keras.callbacks.BackupAndRestore(asked.out / f"backup-{index}")] if asked.backup else []
    if asked.kill_after and index == asked.workers - 1:
        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kill(epoch, asked.kill_after)))
    model.fit(batches(), epochs=asked.epochs, shuffle=False, verbose=0 if index else 2, callbacks=callbacks)
    found = model.evaluate(batches(), verbose=0, return_dict=True)
    if index == 0:
        print(f"in the end: {found}")
        kpool.save_model(model, asked.out / "model.keras")
        print(f"sum of the weights' magnitudes: {sum(abs(w).sum() for w in model.get_weights()):.7f}")
    return 0


def batches() -> Any:
    """48 sequences of 4 to 12 steps, zeros behind them, and which of two kinds they are, 16 at a time."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(0)
    kinds, lengths = rng.integers(0, 2, 48), rng.integers(4, 13, 48)
    tokens = rng.normal(size=(48, 12, 16)) + kinds[:, None, None] * rng.normal(size=16)
    tokens[np.arange(12) >= lengths[:, None]] = 0
    made = tf.data.Dataset.from_tensor_slices((tokens.astype("float32"), kinds)).batch(16, drop_remainder=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return made.with_options(options)


def kill(epoch: int, last: int) -> None:
    if epoch + 1 == last:
        os._exit(9)


if __name__ == "__main__":
    sys.exit(main())
