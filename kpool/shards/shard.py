"""A folder of shards, as a feature extractor writes it: elements, and the bag that each belongs to."""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError

Array = NDArray[Any]
LAYOUT = "NAME.npz with x (elements, features) and ids (elements,), or the pair NAME.x.npy and NAME.ids.npy"
_ARRAYS = ("x", "ids")
_PAIR = tuple(f".{array}.npy" for array in _ARRAYS)
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_UNREADABLE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Shard:
    """What its headers say.

    Attributes:
        name: Its file's name without the ending.
        files: One .npz file, or a pair of .npy files.
        stamp: The size of each file, in bytes, and when it was last written, in nanoseconds.
        features: The width of its elements.
        words: Whether bags are called by words; else by whole numbers.
    """

    name: str
    files: tuple[Path, ...]
    stamp: tuple[tuple[int, int], ...]
    features: int
    words: bool

    def read(self) -> tuple[Array, Array]:
        """x (elements, features), and ids (elements,): words, or int64.

        Raises:
            KpoolError: it is damaged, or another than when it was looked at.
        """
        with _explained(self.files[0]):
            if len(self.files) == 1:
                with np.load(self.files[0], allow_pickle=False) as archive:
                    x, ids = (archive[array] for array in _ARRAYS)
            else:
                x, ids = np.load(self.files[0], mmap_mode="r"), np.load(self.files[1])
            changed = _stamp(self.files) != self.stamp
        if changed:
            raise KpoolError(f"{self.name} was written to while it was read; start again once the extractor is done")
        if not self.words and ids.size and ids.max() > np.iinfo("int64").max:
            raise KpoolError(f"{self.name}: ids go up to {ids.max()}, and must fit into int64; save ids.astype(str)")
        return x, ids if self.words else ids.astype("int64")


def shards_of(folder: Path) -> list[Shard]:
    """The shards of a folder, in the order of their names, in which numbers are numbers: 9 before 10.

    Only headers are read, so that what cannot be pooled is found before hours of work. Hidden files are left out, and
    so is what is no shard.

    Raises:
        KpoolError: there are none, one is damaged or not laid out as a shard, or they are not alike.
    """
    if not folder.is_dir():
        raise KpoolError(f"{folder} is no folder; give one that holds shards, {LAYOUT}")
    found = [(_in_order(name), name, files) for name, files in _files(folder)]
    shards = [_look(name, files) for _, name, files in sorted(found)]
    if not shards:
        raise KpoolError(f"{folder} holds no shards; a shard is {LAYOUT}")
    for a, b in itertools.pairwise(shards):
        if a.name == b.name:
            raise KpoolError(f"{folder} holds {a.name} as .npz and as a pair of .npy; remove one")
        if a.features != b.features:
            raise KpoolError(
                f"x is {a.features} wide in {a.name} and {b.features} in {b.name}; make it the same in all"
            )
        if a.words != b.words:
            one, other = (a.name, b.name) if a.words else (b.name, a.name)
            raise KpoolError(f"ids are words in {one} and whole numbers in {other}; save ids.astype(str) in all")
    return shards


def _files(folder: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    for name in names:
        if name.endswith(".npz"):
            yield name.removesuffix(".npz"), (folder / name,)
    for name in {name.removesuffix(end) for name in names for end in _PAIR if name.endswith(end)}:
        for file in (name + end for end in _PAIR):
            if file not in names:
                raise KpoolError(f"{folder} lacks {file}; a shard is {LAYOUT}")
        yield name, tuple(folder / (name + end) for end in _PAIR)


def _in_order(name: str) -> list[str | int]:
    return [int(part) if i % 2 else part for i, part in enumerate(re.split("([0-9]+)", name))]


def _look(name: str, files: tuple[Path, ...]) -> Shard:
    with _explained(files[0]):
        stamp = _stamp(files)
        (x, x_dtype), (ids, ids_dtype) = _headers(files)
    if len(x) != 2 or x_dtype.kind not in "fiub":
        raise KpoolError(
            f"{name}: x has shape {x} and holds {x_dtype}; it must be (elements, features), of real numbers that "
            "NumPy knows: x.astype('float32'), say"
        )
    if ids != x[:1]:
        raise KpoolError(f"{name}: ids has shape {ids}; for x of shape {x} it must be {x[:1]}, a bag for each element")
    if ids_dtype.kind not in "iuU":
        raise KpoolError(f"{name}: ids holds {ids_dtype}; it must hold whole numbers or words: ids.astype(str), say")
    return Shard(name, files, stamp, x[1], ids_dtype.kind == "U")


def _stamp(files: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((stat.st_size, stat.st_mtime_ns) for stat in (file.stat() for file in files))


def _headers(files: tuple[Path, ...]) -> Iterator[tuple[tuple[int, ...], np.dtype[Any]]]:
    if len(files) == 2:
        for path in files:
            with path.open("rb") as file:
                yield _header(file)
        return
    with zipfile.ZipFile(files[0]) as archive:
        for array in _ARRAYS:
            if f"{array}.npy" not in archive.namelist():
                held = ", ".join(name.removesuffix(".npy") for name in archive.namelist()) or "nothing"
                raise KpoolError(f"{files[0].name} lacks {array} (it holds {held}); a shard is {LAYOUT}")
            with archive.open(f"{array}.npy") as file:
                yield _header(file)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"an array of .npy format {version}")
    shape, _, dtype = _HEADERS[version](file)
    return shape, dtype


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except KpoolError:
        raise
    except _UNREADABLE as error:
        raise KpoolError(
            f"{path.name} cannot be read ({error}); if its extractor was interrupted, remove it or write it again"
        ) from error
