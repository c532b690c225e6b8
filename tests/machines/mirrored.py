"""Trains on two devices of one machine, and on one: prints by how much the weights differ."""

from __future__ import annotations

import contextlib

import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras  # noqa: E402
import numpy as np  # noqa: E402

import kpool  # noqa: E402


def trained(strategy: tf.distribute.Strategy | None) -> list[np.ndarray]:
    keras.utils.set_random_seed(0)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = keras.Sequential([keras.Input((None, 4)), keras.layers.Masking(), kpool.head("gem | dense(2)")])
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 6, 4)).astype("float32"), rng.normal(size=(32, 2)).astype("float32")
    x[::3, 2:] = 0
    kpool.distribute(model).fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
pairs = zip(trained(None), trained(strategy), strict=True)
print(strategy.num_replicas_in_sync, max(float(np.abs(one - two).max()) for one, two in pairs))
