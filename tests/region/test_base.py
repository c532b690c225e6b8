"""Regions are values: made from literals, equal if their arguments are, and written as they are read."""

from __future__ import annotations

import pytest

from kpool.errors import SpecError
from kpool.region.build import as_region
from kpool.region.everything import Everything
from kpool.region.window import Window


def test_equal_arguments_make_equal_regions() -> None:
    assert Window(2) == Window(size=2, padding="valid")
    assert hash(Window([2, 3])) == hash(Window([2, 3]))
    assert len({Window(2), Window(2), Window(3), Everything()}) == 3
    assert Window(2) != "window(2)"


def test_arguments_stay_as_given() -> None:
    """Strides not given stay not given: what they are is for the input to say."""
    assert Window([2, 3]).arguments["strides"] is None
    assert Window([2, 3]).arguments["padding"] == "valid"


@pytest.mark.parametrize(
    ("region", "text"),
    [
        pytest.param(Everything(), "everything", id="no arguments"),
        pytest.param(Window(3, 2), "window(size=3, strides=2, padding=valid, dilation=1)", id="defaults written out"),
        pytest.param(
            Window([3, 2], padding="same"),
            "window(size=[3, 2], strides=none, padding=same, dilation=1)",
            id="a list",
        ),
    ],
)
def test_text_is_canonical_and_builds_its_like(region: Everything | Window, text: str) -> None:
    assert str(region) == repr(region) == text
    assert as_region(text) == region


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"size": 0}, "window: size must be int ≥ 1", id="out of bounds"),
        pytest.param({"size": "2"}, "window: size must be int ≥ 1", id="text"),
        pytest.param({"padding": "full"}, "window: padding must be valid | same", id="no choice"),
        pytest.param({"sizes": 2}, "window: .*sizes.*it takes size, strides, padding, dilation", id="unknown"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Window(**arguments)
