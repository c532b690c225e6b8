"""A new plugin is written whole or not at all, and never over anything; that it works is shown in tests/installed."""

from __future__ import annotations

import ast
import configparser
from importlib import resources
from pathlib import Path

import pytest

from kpool import scaffold
from kpool.errors import KpoolError
from kpool.scaffold import write_plugin


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["soft-rank", "soft_rank", "x", "p4m"])
def test_name_is_the_same_everywhere(name: str, tmp_path: Path) -> None:
    folder, snake = write_plugin(name, tmp_path), name.replace("-", "_")
    assert folder == tmp_path / f"kpool-{name.replace('_', '-')}"
    modules = {f"kpool_{snake}/__init__.py", f"kpool_{snake}/layers.py", f"tests/test_kpool_{snake}.py"}
    assert files(folder) == {"pyproject.toml", "setup.cfg", "tox.ini", "README.md"} | modules
    setup = configparser.ConfigParser()
    setup.read(folder / "setup.cfg", encoding="utf-8")
    assert setup["options.entry_points"]["kpool"].strip() == f"{snake} = kpool_{snake}"
    assert (setup["metadata"]["name"], setup["options"]["packages"]) == (folder.name, f"kpool_{snake}")
    for path in folder.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))
    assert not [path for path in folder.rglob("*") if path.is_file() and "$" in path.read_text(encoding="utf-8")]


def test_every_template_is_written() -> None:
    there = {entry.name for entry in (resources.files(scaffold) / "template").iterdir()}
    assert there == {f"{source}.txt" for source in scaffold._FILES}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("", "as in 'soft-rank', not ''", id="empty"),
        pytest.param("Acme", "lower-case letters", id="capital"),
        pytest.param("1st", "beginning with a letter", id="digit-first"),
        pytest.param("a--b", "in words joined by '-' or '_'", id="two-hyphens"),
        pytest.param("../a", "not '../a'", id="path"),
        pytest.param("schön", "not 'schön'", id="no-letter-of-specs"),
        pytest.param("a" * 41, "40 characters at most", id="long"),
        pytest.param("kpool-acme", "leave kpool out of 'kpool-acme'", id="prefixed"),
        pytest.param("gem", "'gem' is kpool's own", id="built-in-strategy"),
        pytest.param("stages", "'stages' is kpool's own", id="built-in-plugin"),
        pytest.param("dot-attention", "'dot_attention' is kpool's own", id="built-in-in-other-spelling"),
        pytest.param("plugins", "'plugins' is kpool's own", id="module-of-the-built-ins"),
        pytest.param("local", "'local' is kpool's own", id="id-of-a-process"),
        pytest.param("none", "'none' is kpool's own", id="constant"),
    ],
)
def test_name_that_no_plugin_can_have(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match=message):
        write_plugin(name, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["folder", "file"])
def test_nothing_is_overwritten(there: str, tmp_path: Path) -> None:
    target = tmp_path / "kpool-acme"
    target.mkdir() if there == "folder" else target.write_text("mine")
    with pytest.raises(KpoolError, match="is there already, and nothing in it is overwritten"):
        write_plugin("acme", tmp_path)
    assert list(tmp_path.rglob("*")) == [target]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_nothing_is_left_half_written(error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_text

    def fail(path: Path, *arguments: str, **options: str) -> int:
        if path.name == "layers.py":
            raise error
        return written(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(KpoolError if isinstance(error, OSError) else KeyboardInterrupt):
        write_plugin("acme", tmp_path)
    assert not list(tmp_path.iterdir())
