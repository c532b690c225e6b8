"""What a fresh process does; run as a script, with a file that says what, and in which it writes what came of it."""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import sys
import warnings
from pathlib import Path
from typing import Any


def main(file: Path) -> None:
    given = json.loads(file.read_text(encoding="utf-8"))
    sys.path[:] = given["path"]
    import keras

    import kpool  # noqa: F401 (what a user's process must import, and nothing else)

    if given["what"] == "loads":
        done: Any = {job["file"]: _answer(keras, file.parent, job) for job in given["jobs"]}
    else:
        done = {module: _effects(keras, module) for module in given["jobs"]}
    file.write_text(json.dumps(done), encoding="utf-8")


def _answer(keras: Any, folder: Path, job: dict[str, str]) -> str:
    """Write the answer of a saved model beside it; its error, or ""."""
    import numpy as np

    try:
        model = _load(keras, folder, job)
        with np.load(folder / f"{job['target']}.npz") as arrays:
            answer = model([keras.ops.convert_to_tensor(arrays[name]) for name in sorted(arrays.files)])
        np.save(folder / f"{job['file']}.npy", keras.ops.convert_to_numpy(answer))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _load(keras: Any, folder: Path, job: dict[str, str]) -> Any:
    import kpool

    if job["module"]:
        importlib.import_module(job["module"])
    path = folder / job["file"]
    if job["kind"] != "weights":
        return (kpool if job["loader"] == "kpool" else keras.models).load_model(path)
    model = keras.models.model_from_json(path.with_suffix("").with_suffix(".json").read_text(encoding="utf-8"))
    model.load_weights(path)
    return model


def _effects(keras: Any, module: str) -> list[str]:
    """What importing a module changes that is not its own."""
    before = _state(keras)
    importlib.import_module(module)
    after = _state(keras)
    return [what for what, value in before.items() if after[what] != value]


def _state(keras: Any) -> dict[str, Any]:
    import numpy as np

    return {
        "the dtype policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
        "the image data format": keras.config.image_data_format(),
        "Keras's epsilon": keras.config.epsilon(),
        "Python's random state": hash(random.getstate()),
        "NumPy's random state": repr(np.random.get_state()),
        "the environment": dict(os.environ),
        "the warning filters": list(warnings.filters),
        "the root logger": (logging.root.level, list(logging.root.handlers)),
        "the working directory": os.getcwd(),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
