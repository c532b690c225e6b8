"""A data set in an `.npz` file: x, y and, where not all elements count, mask."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset, labelled

REQUIRED, OPTIONAL = ("x", "y"), ("mask",)
_ZIP = b"PK\x03\x04"
Array = NDArray[Any]


def read(path: Path) -> Dataset:
    """Read x (examples, ..., features), y (examples,) and mask (examples, ...).

    Raises:
        KpoolError: a key is missing or unknown, or an array is not what it should be.
    """
    arrays = _arrays(path)
    x, y = _features(path.name, arrays["x"]), _labels(path.name, arrays["y"])
    if len(x) != len(y):
        raise KpoolError(f"{path.name}: x has {len(x)} examples, y has {len(y)} labels; give one label per example")
    mask = _mask(path.name, arrays["mask"], x) if "mask" in arrays else None
    _finite(path.name, x, mask)
    return labelled(path.name, x, y, mask)


def _arrays(path: Path) -> dict[str, Array]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            if file.read(len(_ZIP)) == _ZIP:
                raise KpoolError(f"{path.name} is damaged (its end is missing); write or copy it again")
        raise KpoolError(f"{path.name} is no .npz file; write one with numpy.savez(path, x=…, y=…)")
    try:
        # Pickle stays off: reading a data file must run nothing.
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise KpoolError(f"{path.name} {_unreadable(error)}") from error
    _keys(path.name, set(arrays))
    # NumPy hands a member that is no array over as bytes.
    return {key: np.asarray(array) for key, array in arrays.items()}


def _unreadable(error: Exception) -> str:
    if "allow_pickle" not in str(error):
        return f"is damaged ({error})"
    return (
        "holds Python objects, which are not loaded because that could run code; "
        "save plain numeric arrays (rows of unequal length: pad them and give a mask)"
    )


def _keys(name: str, found: set[str]) -> None:
    missing = [key for key in REQUIRED if key not in found]
    unknown = sorted(found - {*REQUIRED, *OPTIONAL})
    if missing or unknown:
        wrong = " and ".join(
            f"{word} {', '.join(keys)}" for word, keys in (("lacks", missing), ("has unknown", unknown)) if keys
        )
        raise KpoolError(f"{name} {wrong}; its keys must be x, y and, where not all elements count, mask")


def _features(name: str, x: Array) -> NDArray[np.float32]:
    if not (np.issubdtype(x.dtype, np.floating) or np.issubdtype(x.dtype, np.integer)):
        raise KpoolError(f"{name}: x holds {x.dtype}; it must hold real numbers")
    if x.ndim not in (3, 4, 5):
        raise KpoolError(
            f"{name}: x has shape {x.shape}; it must be (examples, steps, features), "
            "(examples, rows, cols, features) or (examples, depth, rows, cols, features)"
        )
    if x.size == 0:
        raise KpoolError(f"{name}: x has shape {x.shape}, and so no values")
    with np.errstate(over="ignore"):  # what overflows is reported with what was never finite
        return x.astype(np.float32) / np.float32(255 if x.dtype == np.uint8 else 1)


def _labels(name: str, y: Array) -> NDArray[np.integer]:
    if y.ndim == 2 and y.shape[1] > 1:
        raise KpoolError(f"{name}: y has shape {y.shape}; if it is one-hot, save y.argmax(-1), of shape (examples,)")
    if y.ndim != 1:
        raise KpoolError(f"{name}: y has shape {y.shape}; it must be (examples,), one class number each")
    if not np.issubdtype(y.dtype, np.integer):
        raise KpoolError(
            f"{name}: y holds {y.dtype}; it must hold integers, one class number per example: save {_as_integers(y)}"
        )
    return y


def _as_integers(y: Array) -> str:
    whole = y.dtype == bool or (np.issubdtype(y.dtype, np.floating) and bool((y == np.round(y)).all()))
    return "y.astype(int)" if whole else "np.unique(y, return_inverse=True)[1]"


def _mask(name: str, mask: Array, x: Array) -> NDArray[np.bool_]:
    if mask.shape != x.shape[:-1]:
        raise KpoolError(
            f"{name}: mask has shape {mask.shape}; for x of shape {x.shape} it must be {x.shape[:-1]}, one per element"
        )
    if not np.isin(mask, (0, 1)).all():
        raise KpoolError(f"{name}: mask holds values other than 0 and 1; say True where an element counts")
    return mask.astype(bool)


def _finite(name: str, x: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> None:
    """What is masked out may be anything: it changes nothing."""
    wrong = np.logical_not(np.isfinite(x)).any(axis=-1)
    if mask is not None:
        wrong = wrong & mask
    if wrong.any():
        raise KpoolError(
            f"{name}: x is not finite in float32 in {wrong.sum()} element(s), the first at {_first(wrong)}; "
            "remove them or mask them out"
        )


def _first(wrong: Any) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(wrong)[0])
