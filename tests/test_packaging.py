"""What is installed is what stands in the tree, whole; under tox it is the wheel."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from importlib import resources
from pathlib import Path

import pytest

import kpool

ROOT = Path(__file__).parents[1]
UNDER_TOX = "TOX_ENV_NAME" in os.environ


def installed(package: str) -> Path:
    with resources.as_file(resources.files(package)) as folder:
        return folder


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file, compiled ones aside."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(folder): file.read_bytes() for file in files}


@pytest.mark.parametrize(
    ("package", "file"),
    [("kpool", "py.typed"), ("kpool", "spec/grammar.lark"), ("kpool_plugins", "py.typed")],
)
def test_data_files_are_installed(package: str, file: str) -> None:
    assert (installed(package) / file).is_file()


@pytest.mark.skipif(not UNDER_TOX, reason="only tox installs the wheel")
@pytest.mark.parametrize(("package", "folder"), [("kpool", "kpool"), ("kpool_plugins", "plugins")])
def test_wheel_is_tested_and_is_the_tree(package: str, folder: str) -> None:
    place = installed(package)
    assert place.is_relative_to(sys.prefix)
    assert place.parent.name == "site-packages"
    assert contents(place) == contents(ROOT / folder)


def test_metadata() -> None:
    metadata = importlib.metadata.metadata("kpool")
    assert metadata["Version"] == kpool.__version__
    assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"])
    assert "keras>=3.15.1" in (importlib.metadata.requires("kpool") or [])  # the security floor


def test_console_script_is_installed() -> None:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="kpool")
    assert callable(script.load())
