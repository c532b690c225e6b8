"""A new plugin, as files: a distribution that installs, is found and passes the kit before a line of it is changed."""

from __future__ import annotations

import os
import re
import shutil
from importlib import resources
from pathlib import Path
from string import Template

import kpool
from kpool import registry
from kpool.errors import KpoolError
from kpool.hookspecs import BUILTIN

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_LONGEST = 40
_RESERVED = {"local", "plugins", "true", "false", "none"}  # `local/…` is a process's own, kpool_plugins is kpool's

# What stands in template/, and where it goes.
_FILES = {
    "pyproject.toml": "pyproject.toml",
    "setup.cfg": "setup.cfg",
    "tox.ini": "tox.ini",
    "README.md": "README.md",
    "init.py": "$module/__init__.py",
    "layers.py": "$module/layers.py",
    "test.py": "tests/test_$module.py",
}


def write_plugin(name: str, out: str | Path = ".") -> Path:
    """Write the distribution `kpool-NAME` into a new folder of that name in `out`, whole or not at all.

    Raises:
        KpoolError: for a name that no plugin can have, or a folder that is there already.
    """
    check_name(name)
    folder = Path(out) / f"kpool-{name.replace('_', '-')}"
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    if folder.exists():
        raise KpoolError(f"{folder} is there already, and nothing in it is overwritten; choose another name or --out")
    try:
        _write(aside, _words(name))
        aside.rename(folder)
    except OSError as error:
        raise KpoolError(f"cannot write {folder} ({error})") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def check_name(name: str) -> None:
    """Raise KpoolError unless a plugin can be called so, and its strategy as well."""
    if name.startswith(("kpool-", "kpool_")):
        raise KpoolError(f"the distribution will be called kpool-NAME; leave kpool out of {name!r}")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        words = "lower-case letters and digits, beginning with a letter, in words joined by '-' or '_'"
        raise KpoolError(f"a plugin's name is {words}, {_LONGEST} characters at most, as in 'soft-rank', not {name!r}")
    if (word := name.replace("-", "_")) in _RESERVED | _built_in():
        raise KpoolError(f"{word!r} is kpool's own; choose another name")


def _built_in() -> set[str]:
    """The ids and the components of the plugins that kpool brings."""
    records = [record for record in registry.default().plugins() if record.distribution == BUILTIN]
    return {record.id for record in records} | {c.name for record in records for c in record.components}


def _words(name: str) -> dict[str, str]:
    """What the templates say of the plugin."""
    snake = name.replace("-", "_")
    return {
        "name": snake,
        "distribution": f"kpool-{name.replace('_', '-')}",
        "module": f"kpool_{snake}",
        "Class": "".join(word.capitalize() for word in snake.split("_")),
        "kpool_version": kpool.__version__,
    }


def _write(folder: Path, words: dict[str, str]) -> None:
    templates = resources.files(__name__) / "template"
    for source, place in _FILES.items():
        path = folder / Template(place).substitute(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (templates / f"{source}.txt").read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8", newline="\n")
