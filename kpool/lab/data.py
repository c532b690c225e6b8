"""Where labelled examples come from: the word `digits`, a file, or a folder of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kpool.errors import KpoolError
from kpool.lab import archive, images
from kpool.lab.dataset import Dataset, labelled


def load(source: str, size: int = 64) -> Dataset:
    """Read `digits`, an `.npz` file, or a folder with one folder of images per class.

    Args:
        source: The word `digits`, or a path.
        size: Height and width, in pixels, to which a folder's images are brought.

    Raises:
        KpoolError: what was found cannot be learnt from; the message says why and what would do.
    """
    path = Path(source)
    if source == "digits":
        return digits()
    if path.is_dir():
        return images.read(path, size)
    if not path.exists():
        raise KpoolError(f"no data at {source!r}; give 'digits', an .npz file or a folder of images")
    if path.suffix != ".npz":
        raise KpoolError(f"{source} is neither an .npz file (x, y and, if need be, mask) nor a folder of images")
    return archive.read(path)


def digits() -> Dataset:
    """1,797 handwritten digits that come with scikit-learn: (8, 8, 1), in [0, 1]."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise KpoolError('the digits come with scikit-learn: python -m pip install "kpool[lab]"') from error
    x, y = load_digits(return_X_y=True)
    return labelled("digits", (x / 16).astype(np.float32).reshape(-1, 8, 8, 1), y)
