"""A region from whatever names one."""

from __future__ import annotations

import pytest

import kpool
from kpool.errors import SpecError, UnknownNameError
from kpool.region.build import as_region
from kpool.region.everything import Everything
from kpool.region.window import Window


def test_a_region_is_itself() -> None:
    region = Window(2)
    assert as_region(region) is region


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("everything", Everything(), id="name"),
        pytest.param("window(2)", Window(2), id="call"),
        pytest.param("window([2, 3], strides=1, padding=same)", Window([2, 3], 1, "same"), id="all kinds of values"),
    ],
)
def test_text_names_one(text: str, region: object) -> None:
    assert as_region(text) == region
    assert kpool.pool(f"mean(over={text})").region == region


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        pytest.param("windo(2)", UnknownNameError, "did you mean window", id="unknown name"),
        pytest.param("mean", SpecError, "mean", id="a strategy"),
        pytest.param("window(2", SpecError, r"\^", id="unbalanced"),
        pytest.param(2, SpecError, r"over takes a region, such as 'window\(2\)', not 2", id="a number"),
        pytest.param(["window"], SpecError, "over takes a region", id="a list"),
    ],
)
def test_what_names_none(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        as_region(value)
