"""Files are whole, or as they were before."""

from __future__ import annotations

import ast
import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kpool
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


WRITERS = {"write_text", "write_bytes", "savefig", "save", "savez", "savez_compressed", "copyfile", "save_weights"}
SAFE = {"replacing", "TemporaryDirectory"}
PLACES = [file for folder in ("lab", "cli") for file in (Path(kpool.__file__).parent / folder).glob("*.py")]


def writes(node: ast.AST, *, safe: bool = False) -> Iterator[tuple[str, int, bool]]:
    """Every call that writes a file: its name, its line, and whether it stands within what makes it whole."""
    if isinstance(node, ast.With):
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        safe |= any(ast.unparse(call.func).rpartition(".")[2] in SAFE for call in calls)
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in WRITERS:
        yield ast.unparse(node.func), node.lineno, safe
    for child in ast.iter_child_nodes(node):
        yield from writes(child, safe=safe)


def test_all_that_is_written_is_written_aside() -> None:
    found = [(file.name, *write) for file in PLACES for write in writes(ast.parse(file.read_text(encoding="utf-8")))]
    assert len(found) >= 6
    assert [write for write in found if not write[-1]] == []


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
