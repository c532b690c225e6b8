from __future__ import annotations

import decimal
import fractions

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpool.errors import SpecError
from kpool.spec.literals import plain, read_token, shown, write

literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20).filter(lambda t: not {"'", '"'} <= set(t)),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=8,
)


@given(literals)
def test_a_plain_value_is_its_own_plain_value(value: object) -> None:
    assert plain(value) == value
    assert type(plain(value)) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_float_is_read_as_the_same_float(value: float) -> None:
    read = read_token("NUMBER", write(value))
    assert isinstance(read, float)
    assert read.hex() == value.hex()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(np.int64(10), 10, id="numpy int"),
        pytest.param(np.float32(0.5), 0.5, id="numpy float"),
        pytest.param(np.str_("relu"), "relu", id="numpy string"),
        pytest.param(fractions.Fraction(1, 4), 0.25, id="fraction"),
        pytest.param([1, [2.0, None]], (1, (2.0, None)), id="lists become tuples"),
        pytest.param(True, True, id="a bool stays one"),
    ],
)
def test_what_python_has_for_a_literal(given: object, expected: object) -> None:
    made = plain(given)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(float("nan"), "nan is not a number that a spec can say", id="nan"),
        pytest.param(np.float64("-inf"), "-inf is not a number that a spec can say", id="inf"),
        pytest.param(fractions.Fraction(10**400), "inf is not a number that a spec can say", id="beyond floats"),
        pytest.param(10**18, "at most 18 significant digits", id="too many digits"),
        pytest.param("a\nb", "printable characters only", id="line end"),
        pytest.param("\ud800", "printable characters only", id="half a character"),
        pytest.param("'\"", "single or double quotes, not both", id="both quotes"),
        pytest.param("x" * 129, "at most 128 characters, not 129", id="long string"),
        pytest.param(b"x", "bytes is no literal", id="bytes"),
        pytest.param({"a": 1}, "dict is no literal", id="dict"),
        pytest.param(decimal.Decimal(1), "Decimal is no literal", id="decimal"),
        pytest.param(np.zeros(3), "ndarray is no literal", id="array"),
    ],
)
def test_what_is_no_literal(value: object, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        plain(value)


def test_a_list_that_holds_itself_ends() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(SpecError, match="lists stand at most 16 deep"):
        plain(endless)


def test_messages_show_values_shortly() -> None:
    assert shown(list(range(1000))).endswith(" 15, 16…")
    assert shown("relu") == "'relu'"
    assert shown(object()) == "a value of type object"
