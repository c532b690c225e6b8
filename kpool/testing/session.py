"""Session: the fresh processes that several targets share, since each takes seconds to start."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kpool.testing import child
from kpool.testing.check import Skipped, said
from kpool.testing.compare import Array
from kpool.testing.models import answer, feed, model_of
from kpool.testing.target import Target

KINDS = ("keras", "weights", "int8")
_SUFFIX = {"keras": ".keras", "weights": ".weights.h5", "int8": ".keras"}
_HEAVY = ("jax", "keras", "tensorflow", "torch")
_LIGHT = """
import importlib, json, sys
sys.path[:], module, heavy = json.loads(sys.argv[1])
importlib.import_module(module)
print(json.dumps([name for name in heavy if name in sys.modules]))
"""


class Session:
    """Fresh processes, started when the first check asks for one; a context that takes its files away."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._targets = list(targets)
        self._imports: dict[str, list[str]] = {}
        for target in self._targets:
            target.session = self

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if "_path" in vars(self):
            shutil.rmtree(self._path, ignore_errors=True)

    def heavy_imports(self, module: str) -> list[str]:
        """The heavy packages that a fresh process has after importing a plugin's module."""
        if module not in self._imports:
            printed = _python("-c", _LIGHT, json.dumps([sys.path, module, _HEAVY]))
            self._imports[module] = json.loads(printed.splitlines()[-1])
        return self._imports[module]

    def side_effects(self, target: Target) -> list[str]:
        """What importing the target's module changes that is not its own."""
        return self._effects[target.module]

    def reloaded(self, target: Target, kind: str) -> tuple[Array, Array]:
        """The answers of a saved model here and in a fresh process.

        Raises:
            AssertionError: it could not be saved or loaded.
        """
        name = self._name(target, kind)
        outcome = self._saved[name]
        if isinstance(outcome, Exception):
            raise outcome
        error = self._loaded[name]
        if error:
            raise AssertionError(f"saved here, it cannot be loaded in another process: {error}")
        return outcome, np.load(self._path / f"{name}.npy")

    @functools.cached_property
    def _path(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="kpool-kit-"))
        weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return path

    def _name(self, target: Target, kind: str) -> str:
        return f"{self._targets.index(target)}-{kind}{_SUFFIX[kind]}"

    @functools.cached_property
    def _saved(self) -> dict[str, Any]:
        """The answer of each saved model, or the reason why there is none."""
        return {self._name(t, kind): self._save(t, kind) for t in self._targets for kind in KINDS}

    def _save(self, target: Target, kind: str) -> Array | Exception:
        try:
            return _save(target, kind, self._path / self._name(target, kind))
        except Skipped as reason:
            return reason
        except Exception as error:
            return AssertionError(f"it cannot be saved: {said(error)}")

    @functools.cached_property
    def _loaded(self) -> dict[str, str]:
        """Of each saved file, the error with which a fresh process failed to load it, or ""."""
        saved = [(t, k) for t in self._targets for k in KINDS if isinstance(self._saved[self._name(t, k)], np.ndarray)]
        for target in {id(t): t for t, _ in saved}.values():
            np.savez(self._path / f"{self._targets.index(target)}.npz", *feed(target))
        loaded: dict[str, str] = self._fresh("loads", [self._job(target, kind) for target, kind in saved])
        return loaded

    def _job(self, target: Target, kind: str) -> dict[str, str]:
        foreign = not target.known and (target.component is None or kind == "weights")
        return {
            "target": str(self._targets.index(target)),
            "kind": kind,
            "file": self._name(target, kind),
            "module": target.module if foreign else "",
            "loader": "keras" if target.known or foreign else "kpool",
        }

    @functools.cached_property
    def _effects(self) -> dict[str, list[str]]:
        """Of each target's module, what a fresh process saw it change."""
        modules = sorted({target.module for target in self._targets} - {"__main__"})
        effects: dict[str, list[str]] = self._fresh("effects", modules)
        return effects

    def _fresh(self, what: str, jobs: list[Any]) -> Any:
        """What comes of jobs for a fresh process."""
        file = self._path / f"{what}.json"
        file.write_text(json.dumps({"path": sys.path, "what": what, "jobs": jobs}), encoding="utf-8")
        _python("-P", child.__file__, str(file))
        return json.loads(file.read_text(encoding="utf-8"))


def _save(target: Target, kind: str, path: Path) -> Array:
    if target.module == "__main__":
        raise Skipped("it is defined in this process: another cannot know it")
    model = model_of(target, behind=kind == "int8")
    if kind == "int8":
        model.quantize("int8")
    if kind == "weights":
        path.with_suffix("").with_suffix(".json").write_text(model.to_json(), encoding="utf-8")
        model.save_weights(path)
    else:
        model.save(path)
    return answer(model, feed(target))


def _python(*arguments: str) -> str:
    """What a fresh Python prints."""
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        raise AssertionError(f"a fresh process failed: {' '.join(run.stderr.splitlines()[-1:])}")
    return run.stdout
