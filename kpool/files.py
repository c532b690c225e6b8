"""Files that are either whole or as they were before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kpool.errors import KpoolError


class CannotWriteError(KpoolError):
    """No room, no permission: no fault of what was to be written."""


@contextmanager
def replacing(path: Path, way_out: str = "make room, or write elsewhere") -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes `path`'s place if the block ends well, and goes if it does not.

    The extension is kept: Keras and Matplotlib read the format from it. A process that is killed leaves it behind, as
    `.name.<process id>.extension`, and `path` as it was. Where `path` is a link, what it points to is replaced.

    Raises:
        CannotWriteError: the operating system does not let the block, or this, write.
    """
    path = path.resolve()
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _to_disk(aside)
        os.replace(aside, path)
    except OSError as error:
        raise CannotWriteError(f"cannot write to {path} ({reason(error)}); {way_out}") from error
    finally:
        if aside.is_file():
            aside.unlink()


@contextmanager
def replacing_folder(path: Path, holds: str, way_out: str = "make room, or write elsewhere") -> Iterator[Path]:
    """The same for a folder that the block makes. What is at `path` gives way only if it `holds` a file of that name.

    Raises:
        KpoolError: something else stands there.
        CannotWriteError: the operating system does not let the block, or this, write.
    """
    path = path.resolve()
    aside, former = (path.with_name(f".{path.name}.{os.getpid()}{end}") for end in ("", ".former"))
    if path.exists() and not (path / holds).is_file():
        raise KpoolError(f"{path} is there and holds no {holds}; name another folder, or remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        if path.exists():
            os.replace(path, former)
        os.replace(aside, path)
    except OSError as error:
        raise CannotWriteError(f"cannot write to {path} ({reason(error)}); {way_out}") from error
    finally:
        if former.exists() and not path.exists():
            os.replace(former, path)
        for folder in (aside, former):
            shutil.rmtree(folder, ignore_errors=True)


def reason(error: OSError) -> str:
    """The system's own words: HDF5 puts lines of addresses around them."""
    return os.strerror(error.errno) if error.errno else str(error)


def _to_disk(path: Path) -> None:
    """Else a rename may reach the disk before the content does, and a power cut leaves an empty file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
