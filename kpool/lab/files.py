"""Files that are either whole or as they were before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpool.errors import KpoolError


class CannotWriteError(KpoolError):
    """No room, no permission: no fault of a head, and no head after it would fare better."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes `path`'s place if the block ends well, and goes if it does not.

    The extension is kept: Keras and Matplotlib read the format from it.

    Raises:
        CannotWriteError: the operating system does not let the block, or this, write.
    """
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        os.replace(aside, path)
    except OSError as error:
        raise CannotWriteError(
            f"cannot write to {path} ({_reason(error)}); finished trials are kept; make room or name another --out"
        ) from error
    finally:
        if aside.is_file():
            aside.unlink()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as strict JSON: no NaN, no infinity."""
    with replacing(path) as aside:
        aside.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def folder(path: Path) -> Path:
    """Make a folder to write to.

    Raises:
        KpoolError: it cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if path.is_file() else _reason(error)
        raise KpoolError(f"cannot write to {path} ({reason}); name another folder with --out") from error
    if not os.access(path, os.W_OK):
        raise KpoolError(f"cannot write to {path} (no permission); name another folder with --out")
    return path


def _reason(error: OSError) -> str:
    """The system's own words: HDF5 puts lines of addresses around them."""
    return os.strerror(error.errno) if error.errno else str(error)
