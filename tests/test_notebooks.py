"""Every notebook runs from top to bottom, proves its claim in its last cell, and is the same as its .py twin."""

from __future__ import annotations

from pathlib import Path

import pytest

jupytext = pytest.importorskip("jupytext", reason="needs kpool[notebooks]")
nbclient = pytest.importorskip("nbclient", reason="needs kpool[notebooks]")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code(path: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


def test_each_has_its_twin() -> None:
    assert NOTEBOOKS
    assert {path.stem for path in NOTEBOOKS} == {path.stem for path in FOLDER.glob("*.py")}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_twins_are_the_same(path: Path) -> None:
    assert code(path) == code(path.with_suffix(".py")), f"run: jupytext --sync notebooks/{path.name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_proves_its_claim(path: Path, tmp_path: Path) -> None:
    notebook = jupytext.read(path)
    assert "assert " in [cell.source for cell in notebook.cells if cell.cell_type == "code"][-1]
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "commit notebooks without their outputs"
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
