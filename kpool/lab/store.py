"""Finished trials on disk, so that an interrupted comparison goes on where it stopped."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

import kpool
from kpool.factory import requirements
from kpool.lab import backbones
from kpool.lab.dataset import Dataset
from kpool.lab.files import replacing, write_json
from kpool.lab.trial import Outputs, Settings, Trained, Trial

RECORD, MODEL, OUTPUTS = "trial.json", "model.keras", "outputs.npy"


def versions() -> dict[str, str]:
    """What a result depends on beside its settings."""
    backend = keras.backend.backend()
    return {
        "kpool": kpool.__version__,
        "keras": keras.__version__,
        backend: importlib.metadata.version(backend),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def key(spec: kpool.Spec, seed: int, dataset: Dataset, settings: Settings) -> str:
    """A trial's name: a hash of all that its outcome depends on."""
    facts = {
        "spec": str(spec),
        "requirements": requirements(spec),
        "seed": seed,
        "data": dataset.fingerprint,
        "settings": {**asdict(settings), "backbone": backbones.fingerprint(settings.backbone)},
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Store:
    """One folder per finished trial: its record, its model, its outputs for the test examples."""

    folder: Path

    def find(self, key: str) -> Trial | None:
        """A finished trial; None if there is none, or one of its files cannot be read."""
        try:
            trial = Trial(**json.loads((self.folder / key / RECORD).read_text(encoding="utf-8")))
            self.outputs(key)
            return trial if _is_whole(self.model(key)) else None
        except (OSError, EOFError, ValueError, TypeError):
            return None

    def holds(self, key: str) -> bool:
        """Whether a trial was finished, be it readable or not."""
        return (self.folder / key / RECORD).exists()

    def keep(self, key: str, trained: Trained) -> None:
        """The record is written last: where it stands, all stands."""
        with replacing(self.model(key)) as aside:
            trained.model.save(aside)
        with replacing(self.folder / key / OUTPUTS) as aside:
            np.save(aside, trained.outputs)
        write_json(self.folder / key / RECORD, asdict(trained.trial))

    def give(self, key: str) -> dict[str, bytes]:
        """A kept trial's files, the record last."""
        return {name: (self.folder / key / name).read_bytes() for name in (MODEL, OUTPUTS, RECORD)}

    def take(self, key: str, files: dict[str, bytes]) -> Trial:
        """Keep a trial that another store gave."""
        for name, data in files.items():
            with replacing(self.folder / key / name) as aside:
                aside.write_bytes(data)
        return Trial(**json.loads(files[RECORD]))

    def model(self, key: str) -> Path:
        return self.folder / key / MODEL

    def outputs(self, key: str) -> Outputs:
        """What the model answered for the test examples when it was trained."""
        outputs: Outputs = np.load(self.folder / key / OUTPUTS)
        return outputs


def _is_whole(archive: Path) -> bool:
    """Whether every member of a zip is as it was written."""
    try:
        with zipfile.ZipFile(archive) as members:
            return members.testzip() is None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return False
