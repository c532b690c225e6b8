"""Files are whole, or as they were before."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from kpool.errors import KpoolError
from kpool.lab.files import CannotWriteError, folder, replacing, write_json


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt], ids=["failure", "ctrl-c"])
def test_an_interrupted_write_leaves_the_former_file(tmp_path: Path, interruption: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("whole")
    with pytest.raises(interruption):
        _interrupted(path, interruption)
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def _interrupted(path: Path, interruption: Callable[[], BaseException]) -> None:
    with replacing(path) as aside:
        aside.write_text("ha")
        raise interruption()


def test_a_finished_write_takes_the_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.keras"
    with replacing(path) as aside:
        aside.write_text("whole")
        assert aside.suffix == ".keras"
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_no_room_is_said_in_the_systems_words(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"a\.txt \(No space left on device\); finished trials are kept; make"):
        _interrupted(tmp_path / "a.txt", lambda: OSError(errno.ENOSPC, "errno = 28, lines of addresses"))
    assert list(tmp_path.iterdir()) == []


def test_json_is_strict(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert path.read_text() == '{\n  "a": 1\n}\n'


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KpoolError, match=r"cannot write to .*file \(it is a file\).*--out"):
        folder(tmp_path / "file")
