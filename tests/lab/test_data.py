"""--data says what it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpool.errors import KpoolError
from kpool.lab.data import load


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match=r"no data at .*give digits, digit_bags, needle, an \.npz file"):
        load(str(tmp_path / "absent.npz"))


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    with pytest.raises(KpoolError, match=r"data\.csv is neither an \.npz file"):
        load(str(tmp_path / "data.csv"))
