"""Files that are either whole or as they were before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpool.errors import KpoolError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes `path`'s place if the block ends well, and goes if it does not.

    The extension is kept: Keras and Matplotlib read the format from it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


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
        raise KpoolError(f"cannot write to {path} ({error.strerror}); name another folder with --out") from error
    if not os.access(path, os.W_OK):
        raise KpoolError(f"cannot write to {path} (no permission); name another folder with --out")
    return path
