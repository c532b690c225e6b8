from __future__ import annotations

import pytest

from kpool.errors import SpecError, UnknownNameError
from kpool.spec.source import Mark, Source


def test_only_the_line_with_the_error_is_shown() -> None:
    text = "concat(mean,\n  gem(q=3),\n  max)"
    start = text.index("q=3")
    assert str(Source(text).error("no q", (start, start + 3))) == "no q\n    gem(q=3),\n        ^^^"


def test_two_places_on_one_line_show_it_once() -> None:
    error = Source("gem(p=3").error("not closed", Mark((3, 4), "opened"), Mark((7, 7), "expected"))
    assert str(error) == "not closed\n  gem(p=3\n     ^ opened\n         ^ expected"
    assert error.span == (3, 4)


def test_two_places_on_two_lines_show_both_in_order() -> None:
    error = Source("gem(\np=3").error("not closed", Mark((8, 8), "expected"), Mark((3, 4), "opened"))
    assert str(error) == "not closed\n  gem(\n     ^ opened\n  p=3\n     ^ expected"
    assert error.span == (8, 8)


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "mean | " * 100 + "gem(q=3)" + " | mean" * 100
    start = text.index("q=3")
    _, line, carets = str(Source(text).error("no q", (start, start + 3))).splitlines()
    assert len(line) == 104
    assert line.startswith("  …")
    assert line.endswith("…")
    assert line[carets.index("^") : carets.index("^") + 3] == "q=3"


def test_carets_stand_below_wide_and_after_unprintable_characters() -> None:
    lines = str(Source("日本\t\x00x").error("here", (4, 5))).splitlines()
    assert lines[1:] == ["  日本  x", " " * 8 + "^"]


def test_at_gives_a_place_to_an_error_that_has_none_and_keeps_its_type() -> None:
    source = Source("mean")
    with pytest.raises(UnknownNameError) as caught, source.at((0, 4)):
        raise UnknownNameError("no plugin gives 'mean'")
    assert (caught.value.spec, caught.value.span) == ("mean", (0, 4))


def test_at_leaves_an_error_that_knows_its_place() -> None:
    inner = Source("window(x)").error("inner", (7, 8))
    with pytest.raises(SpecError) as caught, Source("mean").at((0, 4)):
        raise inner
    assert caught.value is inner
