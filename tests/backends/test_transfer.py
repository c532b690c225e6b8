"""A model saved on one backend loads on another, and answers the same."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("transfer.py")
BACKENDS = ("tensorflow", "jax", "torch")
INSTALLED = [name for name in BACKENDS if importlib.util.find_spec(name)]
PAIRS = list(itertools.permutations(BACKENDS, 2))


def lines(backend: str, *arguments: str) -> list[str]:
    """What the script prints on a backend."""
    command, environment = [sys.executable, str(SCRIPT), *arguments], os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    spoke, *printed = done.stdout.splitlines()
    assert spoke == backend
    return printed


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[str]]]:
    """The folder that a backend saved its models in, and which."""
    made: dict[str, tuple[Path, list[str]]] = {}

    def save(backend: str) -> tuple[Path, list[str]]:
        if backend not in made:
            folder = tmp_path_factory.mktemp(backend)
            made[backend] = folder, lines(backend, "save", str(folder))
        return made[backend]

    return save


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target"), PAIRS, ids=[f"{a} to {b}" for a, b in PAIRS])
def test_every_strategy_answers_the_same(
    source: str, target: str, saved: Callable[[str], tuple[Path, list[str]]]
) -> None:
    if missing := sorted({source, target} - set(INSTALLED)):
        pytest.skip(f"{' and '.join(missing)} not installed: tox run -e jax, tox run -e torch")
    folder, specs = saved(source)
    found = [line.split(" ", 2) for line in lines(target, "load", str(folder))]
    assert [spec for _, _, spec in found] == specs
    assert len(specs) > 70
    assert [(spec, units) for units, allowed, spec in found if not float(units) <= float(allowed)] == []
