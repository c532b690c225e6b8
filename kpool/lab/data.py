"""Where labelled examples come from: a data set with a name, a file, or a folder of images."""

from __future__ import annotations

from pathlib import Path

from kpool.errors import KpoolError
from kpool.lab import archive, images
from kpool.lab.dataset import Dataset
from kpool.lab.named import NAMED, is_named, make


def load(source: str, size: int = 64) -> Dataset:
    """Read a data set with a name, an `.npz` file, or a folder with one folder of images per class.

    Args:
        source: A name, with arguments or without, as in `digits` or `needle(signal=4)`; or a path.
        size: Height and width, in pixels, to which a folder's images are brought.

    Raises:
        KpoolError: what was found cannot be learnt from; the message says why and what would do.
    """
    path = Path(source)
    if is_named(source):
        return make(source)
    if path.is_dir():
        return images.read(path, size)
    if not path.exists():
        raise KpoolError(f"no data at {source!r}; give {', '.join(NAMED)}, an .npz file or a folder of images")
    if path.suffix != ".npz":
        raise KpoolError(f"{source} is neither an .npz file (x, y and, if need be, mask) nor a folder of images")
    return archive.read(path)
