"""A data set in a folder: one folder per class, PNG or JPEG images in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kpool.errors import KpoolError
from kpool.lab.dataset import Dataset, labelled

EXTENSIONS = (".png", ".jpg", ".jpeg")


def read(folder: Path, size: int) -> Dataset:
    """Read images as (size, size, 3), in [0, 1]; what has another extension is passed over.

    Raises:
        KpoolError: a class has no images, or an image cannot be read.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise KpoolError(f"{folder} has no folders in it; make one per class, with the images of that class in it")
    files = [_images(folder / name) for name in names]
    x = np.stack([_pixels(path, size) for paths in files for path in paths])
    y = np.repeat(np.arange(len(names)), [len(paths) for paths in files])
    return labelled(folder.name, x, y, named=names.__getitem__)


def _images(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS)
    if not found:
        raise KpoolError(f"{folder} has no images; a class's folder holds files ending in {', '.join(EXTENSIONS)}")
    return found


def _pixels(path: Path, size: int) -> NDArray[np.float32]:
    try:
        from PIL import Image
    except ImportError as error:
        raise KpoolError('images are read with Pillow: python -m pip install "kpool[lab]"') from error
    try:
        with Image.open(path) as image:
            resized = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise KpoolError(f"{path} cannot be read as an image ({error}); repair it or take it away") from error
    return np.asarray(resized, np.float32) / np.float32(255)
