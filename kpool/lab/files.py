"""Files that are either whole or as they were before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpool import files
from kpool.errors import KpoolError
from kpool.files import CannotWriteError, reason

__all__ = ["CannotWriteError", "folder", "replacing", "write_json"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """As `kpool.files.replacing`, with the way out of somebody who compares."""
    with files.replacing(path, "finished trials are kept; make room or name another --out") as aside:
        yield aside


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
        why = "it is a file" if path.is_file() else reason(error)
        raise KpoolError(f"cannot write to {path} ({why}); name another folder with --out") from error
    if not os.access(path, os.W_OK):
        raise KpoolError(f"cannot write to {path} (no permission); name another folder with --out")
    return path
