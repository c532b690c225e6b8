"""Run by test_transfer.py: `save FOLDER` saves models with their inputs and answers; `load FOLDER` prints how far the
loaded models are from those answers, in eps of the largest, and how far they may be.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

import kpool
from kpool.testing.compare import distance
from kpool.testing.models import answer, feed, model_of
from kpool.testing.naming import as_target

ULPS = 4
OTHERS = (
    "concat(mean, gem | l2_norm, attention(heads=2)) | batch_norm | dropout(0.2) | dense(3)",
    "gem(per_channel=true, data_format=channels_first)",
    "std(over=window(2))",
    "attention(over=bins(3))",
    "max(over=pyramid([1, 2]))",
)


def specs() -> list[str]:
    return [*(c.name for c in kpool.strategies().values() if c.target.startswith("kpool_plugins.")), *OTHERS]


def save(folder: Path) -> Iterator[str]:
    for i, spec in enumerate(specs()):
        target = as_target(spec)
        model, given = model_of(target), feed(target, empty=1)
        if len(given) > 1:  # NaN where nothing counts, and the last row is empty
            x, mask = given
            at = 1 if x.shape[1 : mask.ndim] != mask.shape[1:] else -1  # where the features are
            x[np.broadcast_to(~np.expand_dims(mask, at), x.shape)] = np.nan
        kpool.save_model(model, folder / f"{i}.keras")
        np.savez(folder / f"{i}.npz", *given, y=answer(model, given), units=ULPS * target.depth)
        yield spec


def load(folder: Path) -> Iterator[str]:
    for i, spec in enumerate(specs()):
        kept = dict(np.load(folder / f"{i}.npz"))
        expected, units = kept.pop("y"), kept.pop("units")
        given = answer(kpool.load_model(folder / f"{i}.keras"), list(kept.values()))
        assert np.isfinite(expected).all(), spec
        yield f"{distance(given, expected, terms=expected)} {units} {spec}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(keras.backend.backend())
    for line in {"save": save, "load": load}[sys.argv[1]](Path(sys.argv[2])):
        print(line)
