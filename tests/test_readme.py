"""What the README says is what happens."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import kpool

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    """A script of docs/, imported."""
    path = ROOT / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def block(language: str, containing: str) -> str:
    """The fenced block of a language that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [b for b in blocks if containing in b]
    return str(found)


def test_masks_table_is_what_both_libraries_answer() -> None:
    readme = script("readme")
    assert readme.part("masks_table") == script("masks_table").table()


def test_kit_table_is_what_the_kit_finds() -> None:
    readme = script("readme")
    assert readme.part("kit_table") == script("kit_table").table()


def test_ten_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python", "kpool.head("), "README.md", "exec"), {})  # noqa: S102
    assert kpool.inspect(tmp_path / "classifier.keras").requires == ("kpool>=0.1.0",)


def test_error_is_shown_as_it_is() -> None:
    given, _, shown = block("text", ">>>").partition("\n")
    with pytest.raises(kpool.SpecError) as caught:
        eval(given.removeprefix(">>> "), {"kpool": kpool})  # noqa: S307
    assert shown.strip() == f"{type(caught.value).__module__}.{type(caught.value).__name__}: {caught.value}".strip()


def test_specs_of_the_table_are_understood() -> None:
    specs = [s.replace(r"\|", "|") for s in re.findall(r"^\| `([^`]+)` \| [a-z]", README, flags=re.MULTILINE)]
    assert len(specs) >= 5
    for spec in specs:
        kpool.parse(spec)


def test_strategy_of_ones_own_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, object] = {}
    exec(compile(block("python", "GeometricMeanPooling(kpool"), "README.md", "exec"), names)  # noqa: S102
    cls = names["GeometricMeanPooling"]
    assert isinstance(cls, type)
    assert cls()(np.array([[[0.0], [3.0]]], "float32")).numpy() == pytest.approx(1.0)
