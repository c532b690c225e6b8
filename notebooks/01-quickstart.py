# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Quick start
#
# A config string becomes a trained, saved and reloaded classifier. The data are scikit-learn's handwritten digits,
# which need no download. To run this notebook: `python -m pip install -e ".[notebooks]" jupyterlab`.

# %%
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kpool

print("kpool", kpool.__version__, "· Keras", keras.__version__, "·", keras.backend.backend())

# %% [markdown]
# ## A spec says how to pool and what follows
#
# `|` is "then"; `concat` puts answers side by side; every argument is checked where it stands.

# %%
spec = kpool.parse("concat(mean, gem(p=3)) | dropout(0.2) | dense(classes)", classes=10)
print("short    ", spec.display())
print("canonical", spec)

# %%
try:
    kpool.parse("gem(p=0.5) | dense(10)")
except kpool.SpecError as error:
    print(error)

# %% [markdown]
# ## Masks mean what they say
#
# What stands on a masked step changes nothing, not even NaN, and a row with nothing but padding gives 0.

# %%
steps = np.array([[[1.0], [2.0], [np.nan]], [[np.nan], [np.nan], [np.nan]]], "float32")
mask = np.array([[True, True, False], [False, False, False]])
pooled = kpool.pool("mean")(steps, mask=mask)
print(np.asarray(pooled).ravel())

# %% [markdown]
# ## The same network with three heads
#
# One small convolutional network, one seed, and only the config string differs.

# %%
images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8, 1) / 16.0).astype("float32")
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, random_state=0, stratify=labels)


def classifier(head: str) -> keras.Model:
    """A backbone that keeps its 8 × 8 grid, and the head that pools it."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    model = keras.Model(inputs, kpool.head(head, classes=10)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    return model


heads = ["mean | dense(classes)", "gem | dense(classes)", "concat(mean, max, std) | dense(classes)"]
models = {head: classifier(head) for head in heads}
accuracy = {}
for head, model in models.items():
    model.fit(x_train, y_train, batch_size=64, epochs=12, verbose=0)
    accuracy[head] = model.evaluate(x_test, y_test, verbose=0)[1]
    print(f"{accuracy[head]:.3f}  {head}")

# %%
figure, axes = plt.subplots(figsize=(7, 2.2))
axes.barh(list(accuracy), list(accuracy.values()), color="#4472c4")
axes.set_xlim(0.8, 1.0)
axes.set_xlabel("test accuracy")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Saved, and loaded by plain Keras
#
# After `import kpool`, `keras.models.load_model` knows every head; `kpool.inspect` reads a file without Keras.

# %%
best = max(accuracy, key=accuracy.get)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.keras"
    models[best].save(path)
    print(kpool.inspect(path).requires)
    again = keras.models.load_model(path)

difference = float(np.abs(again.predict(x_test, verbose=0) - models[best].predict(x_test, verbose=0)).max())
print("best head:", best, "· largest difference after reloading:", difference)

# %%
assert accuracy[best] > 0.9
assert difference == 0.0
