"""Files are whole, or as they were before."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpool.errors import KpoolError
from kpool.lab.files import folder, replacing, write_json


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt], ids=["failure", "ctrl-c"])
def test_an_interrupted_write_leaves_the_former_file(tmp_path: Path, interruption: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("whole")
    with pytest.raises(interruption):
        _interrupted(path, interruption)
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def _interrupted(path: Path, interruption: type[BaseException]) -> None:
    with replacing(path) as aside:
        aside.write_text("ha")
        raise interruption


def test_a_finished_write_takes_the_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.keras"
    with replacing(path) as aside:
        aside.write_text("whole")
        assert aside.suffix == ".keras"
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_json_is_strict(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert path.read_text() == '{\n  "a": 1\n}\n'


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KpoolError, match=r"cannot write to .*file.*--out"):
        folder(tmp_path / "file")
