"""Reading what a saved model needs without loading it."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kpool import registry, vetting
from kpool.discovery import LOCAL
from kpool.distributions import is_installed, is_newer
from kpool.errors import KpoolError

_LARGEST_CONFIG = 64 * 2**20


@dataclass(frozen=True)
class Inspection:
    """What a `.keras` file says of itself.

    Attributes:
        keras_version: The Keras that wrote it.
        specs: The canonical specs of its heads.
        layers: What of it stands outside heads and is not Keras's, as it is registered: `kpool>GeMPooling`.
        requires: The distributions its heads were made with.
        missing: Those of them that are not installed here, and the strategies of a session (`local/mine`) that are
            not defined here.
        newer: Those of them of which an older version is installed here.
    """

    keras_version: str
    specs: tuple[str, ...]
    layers: tuple[str, ...]
    requires: tuple[str, ...]
    missing: tuple[str, ...]
    newer: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def inspect(path: str | Path) -> Inspection:
    """Read a `.keras` file's specs, plugins and versions; Keras is not imported, nothing in the file is run.

    Raises:
        KpoolError: if it is no `.keras` file, or holds what no file that kpool loads may hold (SECURITY.md).
    """
    return read_through(Path(path))[0]


def read_through(path: Path) -> tuple[Inspection, dict[str, Any]]:
    """The same, with the config that it was read from."""
    config, metadata = _read(path, "config.json"), _read(path, "metadata.json")
    try:
        heads = vetting.heads(config)
    except KpoolError as error:
        raise type(error)(f"{path}: {error}") from None
    requires = sorted({requirement for head in heads for requirement in head.get("requires") or []})
    specs = tuple(head["spec"] for head in heads)
    inspection = Inspection(
        keras_version=str(metadata.get("keras_version", "unknown")),
        specs=specs,
        layers=tuple(sorted({vetting.registered_name(o) for o in vetting.objects(config) if _is_bare(o)})),
        requires=tuple(requires),
        missing=(*(r for r in requires if not is_installed(r)), *_undefined(specs)),
        newer=tuple(r for r in requires if is_newer(r)),
    )
    return inspection, config


def _read(path: Path, member: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(member).file_size > _LARGEST_CONFIG:
                raise zipfile.BadZipFile(f"its {member} is larger than {_LARGEST_CONFIG:,} bytes")
            read = json.loads(archive.read(member))
    # RuntimeError: an encrypted member, a compression that is not known, JSON that is too deep
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise KpoolError(f"{path} is no .keras file that can be read ({type(error).__name__}: {error})") from None
    if not isinstance(read, dict):
        raise KpoolError(f"{path}: its {member} is not a JSON object")
    return read


def _undefined(specs: tuple[str, ...]) -> Iterator[str]:
    """The strategies of a session that the specs name and this process has not."""
    here = {component.qualified for component in registry.default().strategies().values()}
    yield from sorted({name for spec in specs for name in re.findall(rf"\b{LOCAL}/\w+", spec)} - here)


def _is_bare(node: dict[str, Any]) -> bool:
    return not vetting.is_kerass(node) and vetting.registered_name(node) not in ("kpool>Head", "kpool>Occupied")
