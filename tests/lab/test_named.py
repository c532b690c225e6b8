"""A data set's arguments are checked where they stand; what has no such name is a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpool.errors import KpoolError, SpecError
from kpool.lab.data import load
from kpool.lab.named import is_named


def test_a_call_makes_the_data_set_of_that_name() -> None:
    made = load(" needle(signal=2, steps=5, examples=100)")
    assert made.name == "needle(signal=2, steps=5, examples=100)"
    assert made.x.shape == (100, 5, 8)


@pytest.mark.parametrize("path", ["digits.npz", "./digits", "digits/train", "needles(4).npz", ""])
def test_a_path_is_no_name(path: str) -> None:
    assert not is_named(path)


WRONG = {
    "unknown-argument": ("needle(sigmal=2)", "did you mean signal"),
    "out-of-bounds": ("digits(canvas=7)", r"canvas must be int in \[8, 64\], not 7"),
    "word": ("needle(signal=few)", "signal must be int"),
    "piped": ("needle(4) | needle", "no pipe leads"),
    "open": ("needle(", r"'\(' is not closed"),
    "more-than-all": ("needle(signal=9, steps=8)", "signal is 9 and steps is 8"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_explained(text: str, message: str) -> None:
    with pytest.raises(KpoolError, match=message) as caught:
        load(text)
    assert not isinstance(caught.value, SpecError) or "^" in str(caught.value)


def test_a_file_is_still_a_file(tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match="no data at"):
        load(str(tmp_path / "needle"))
