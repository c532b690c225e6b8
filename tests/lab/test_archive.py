"""An .npz file is either what it should be, or refused with the reason and the way out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kpool.errors import KpoolError
from kpool.lab.archive import read

Arrays = dict[str, Any]


def good() -> Arrays:
    return {"x": np.ones((6, 4, 3)), "y": np.array([0, 1, 0, 1, 0, 1]), "mask": np.ones((6, 4), bool)}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Arrays], Path]:
    def save(arrays: Arrays) -> Path:
        np.savez(tmp_path / "data.npz", **arrays)
        return tmp_path / "data.npz"

    return save


WRONG = {
    "no-y": ({"y": None}, "lacks y; its keys must be x, y"),
    "no-x": ({"x": None}, "lacks x; its keys must be x, y"),
    "misspelt-mask": ({"masks": np.ones((6, 4))}, "has unknown masks"),
    "x-of-words": ({"x": np.full((6, 4, 3), "a")}, "x holds <U1; it must hold real numbers"),
    "x-complex": ({"x": np.ones((6, 4, 3), complex)}, "x holds complex128"),
    "x-object": ({"x": np.full((6, 4, 3), None)}, "holds Python objects, which are not loaded"),
    "x-without-elements": ({"x": np.ones((6, 3))}, r"x has shape \(6, 3\); it must be \(examples, steps, features\)"),
    "x-of-rank-6": ({"x": np.ones((6, 1, 1, 1, 1, 1))}, "x has shape"),
    "x-empty": ({"x": np.ones((6, 0, 3))}, "and so no values"),
    "x-nan": ({"x": np.full((6, 4, 3), np.nan)}, r"not finite in float32 in 24 element\(s\), the first at \(0, 0\)"),
    "x-too-large": ({"x": np.full((6, 4, 3), 1e300)}, "not finite in float32"),
    "y-float": ({"y": np.zeros(6)}, r"y holds float64; it must hold integers.*: save y\.astype\(int\)"),
    "y-fractions": ({"y": np.full(6, 0.5)}, r"save np\.unique\(y, return_inverse=True\)\[1\]"),
    "y-nan": ({"y": np.full(6, np.nan)}, "y holds float64; it must hold integers"),
    "y-bool": ({"y": np.zeros(6, bool)}, "y holds bool"),
    "y-words": ({"y": np.array(["a", "b"] * 3)}, r"y holds <U1.*: save np\.unique\(y, return_inverse=True\)\[1\]"),
    "y-one-hot": ({"y": np.eye(6, dtype=int)}, r"if it is one-hot, save y.argmax\(-1\)"),
    "y-column": ({"y": np.zeros((6, 1), int)}, r"y has shape \(6, 1\); it must be \(examples,\)"),
    "y-too-short": ({"y": np.array([0, 1])}, "x has 6 examples, y has 2 labels"),
    "one-class": ({"y": np.zeros(6, int)}, r"only one class \(0\)"),
    "lonely-example": ({"y": np.array([0, 0, 0, 0, 0, 7])}, r"class 7 has 1 example\(s\); each class needs 3"),
    "mask-of-features": ({"mask": np.ones((6, 4, 3), bool)}, r"mask has shape \(6, 4, 3\).* must be \(6, 4\)"),
    "mask-of-examples": ({"mask": np.ones(6, bool)}, r"mask has shape \(6,\)"),
    "mask-soft": ({"mask": np.full((6, 4), 0.5)}, "values other than 0 and 1"),
    "mask-additive": ({"mask": np.full((6, 4), -np.inf)}, "values other than 0 and 1"),
    "mask-nan": ({"mask": np.full((6, 4), np.nan)}, "values other than 0 and 1"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named(saved: Callable[[Arrays], Path], change: Arrays, message: str) -> None:
    arrays = {key: value for key, value in (good() | change).items() if value is not None}
    with pytest.raises(KpoolError, match=rf"^data\.npz:? .*{message}"):
        read(saved(arrays))


@pytest.mark.parametrize("content", [b"", b"not a zip"], ids=["empty", "text"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(KpoolError, match=r"data\.npz is no \.npz file; write one with numpy\.savez"):
        read(tmp_path / "data.npz")


def test_a_truncated_archive_is_damaged(saved: Callable[[Arrays], Path]) -> None:
    path = saved(good())
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(KpoolError, match=r"data\.npz is damaged \(its end is missing\)"):
        read(path)


def test_a_damaged_archive_is_refused(saved: Callable[[Arrays], Path]) -> None:
    path = saved(good())
    content = bytearray(path.read_bytes())
    content[200:230] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(KpoolError, match=r"data\.npz is damaged"):
        read(path)


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x", "text")
        archive.writestr("y", "text")
    with pytest.raises(KpoolError, match=r"data\.npz: x holds .S4"):
        read(tmp_path / "data.npz")


def test_a_bare_array_is_no_archive(tmp_path: Path) -> None:
    with (tmp_path / "data.npz").open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(KpoolError, match=r"is no \.npz file; write one with numpy\.savez"):
        read(tmp_path / "data.npz")


def test_what_is_right_is_read(saved: Callable[[Arrays], Path]) -> None:
    dataset = read(saved(good() | {"y": np.array([5, -1, 5, -1, 5, -1])}))
    assert dataset.x.dtype == np.float32
    assert dataset.classes == ("-1", "5")
    assert dataset.y.tolist() == [1, 0, 1, 0, 1, 0]
    assert dataset.mask is not None
    assert dataset.mask.dtype == bool


def test_bytes_are_brought_to_one(saved: Callable[[Arrays], Path]) -> None:
    assert read(saved(good() | {"x": np.full((6, 4, 3), 255, np.uint8)})).x.max() == 1


def test_what_is_masked_out_may_be_anything(saved: Callable[[Arrays], Path]) -> None:
    arrays = good()
    arrays["mask"][:, 2:] = False
    arrays["x"][:, 2:] = np.nan
    assert read(saved(arrays)).x.shape == (6, 4, 3)
