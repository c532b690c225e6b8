"""The proof that a saved model works elsewhere: a new process loads it and is asked again."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset
from kpool.lab.trial import Outputs

TOLERANCE = 1e-6

# What anyone would write: kpool is imported, Keras loads.
_SCRIPT = """
import sys
import kpool
import keras
import numpy as np

model_path, inputs_path, outputs_path, batch_size = sys.argv[1:]
model = keras.models.load_model(model_path)
inputs = dict(np.load(inputs_path))
np.save(outputs_path, model.predict(inputs, batch_size=int(batch_size), verbose=0))
"""


def reload_difference(model: Path, outputs: Outputs, dataset: Dataset, batch_size: int) -> float:
    """The largest difference between the trainer's outputs and those of the model loaded in a new process.

    Raises:
        KpoolError: the model does not load there, or answers differently.
    """
    with tempfile.TemporaryDirectory() as folder:
        inputs, answers = Path(folder, "inputs.npz"), Path(folder, "outputs.npy")
        np.savez(inputs, allow_pickle=False, **dataset.inputs(dataset.split.test))
        _run(model, inputs, answers, str(batch_size))
        answered = np.load(answers)
    if answered.shape != outputs.shape:
        raise KpoolError(f"{model}, loaded in a new process, answers {answered.shape} instead of {outputs.shape}")
    difference = float(np.abs(answered - outputs).max())
    if not difference <= TOLERANCE:
        raise KpoolError(f"{model}, loaded in a new process, answers differently, by up to {difference:.2g}")
    return difference


def _run(*arguments: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 (our own script, run by our own interpreter)
        [sys.executable, "-c", _SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KpoolError(f"{arguments[0]} does not load in a new process:\n{_raised(done.stderr)[-2000:]}")


def _raised(stderr: str) -> str:
    """What Python says below its traceback, and all of it if there is none."""
    return re.split(r"^(?=[\w.]+(?:Error|Exception): )", stderr, flags=re.MULTILINE)[-1].strip()
