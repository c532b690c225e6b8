"""A folder of images, one folder per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kpool.errors import KpoolError
from kpool.lab.images import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in (("black", 0), ("white", 255)):
        (tmp_path / name).mkdir()
        for i, suffix in enumerate((".png", ".jpg", ".JPEG")):
            Image.fromarray(np.full((5, 7), value, np.uint8)).save(tmp_path / name / f"{i}{suffix}")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "black" / "notes.txt").write_text("passed over")
    return tmp_path


def test_each_folder_is_a_class(folder: Path) -> None:
    dataset = read(folder, size=8)
    assert dataset.classes == ("black", "white")
    assert dataset.x.shape == (6, 8, 8, 3)
    assert dataset.x[dataset.y == 0].max() == 0
    assert dataset.x[dataset.y == 1].min() == 1


def test_a_damaged_image_is_named(folder: Path) -> None:
    (folder / "white" / "0.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(KpoolError, match=r"white.0\.png cannot be read as an image"):
        read(folder, size=8)


def test_a_class_without_images_is_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(KpoolError, match=r"empty has no images; .*\.png, \.jpg, \.jpeg"):
        read(folder, size=8)


def test_a_folder_without_folders_is_refused(folder: Path) -> None:
    with pytest.raises(KpoolError, match="has no folders in it; make one per class"):
        read(folder / "white", size=8)
