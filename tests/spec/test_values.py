"""One value and the parameter it is for."""
# ruff: noqa: E501 (descriptions stand here as their readers see them)

from __future__ import annotations

import collections.abc
from typing import Annotated, Any, Literal

import annotated_types as at
import pytest
from pydantic import AfterValidator

from kpool.errors import PluginError, SpecError
from kpool.parameters import Activation, Between, Branch, Count, Fraction, Positive, RegionSpec
from kpool.registry import Registry
from kpool.signatures import Parameter
from kpool.spec.values import check, describe


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        pytest.param(float, 3, 3.0, id="an int for a float"),
        pytest.param(int | float, 3, 3, id="an int where both may stand"),
        pytest.param(float | None, None, None, id="none"),
        pytest.param(list[float], [1, 2.5], (1.0, 2.5), id="a list"),
        pytest.param(tuple[int, int], [1, 2], (1, 2), id="a pair"),
        pytest.param(collections.abc.Sequence[int], (1, 2), (1, 2), id="a sequence"),
        pytest.param(list[list[Count]], [[1], []], ((1,), ()), id="lists in a list"),
        pytest.param(Count | list[Count], 3, 3, id="one or a list"),
        pytest.param(Literal["a", 2], 2, 2, id="a choice that is a number"),
        pytest.param(Any, (1, "x"), (1, "x"), id="any literal"),
        pytest.param(bool, True, True, id="bool"),
    ],
)
def test_a_value_becomes_the_parameters_type(annotation: object, value: object, expected: object) -> None:
    made = check("toy", Parameter("x", annotation), value)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        pytest.param(Count, True, "toy: x must be int ≥ 1, not true", id="a bool is no int"),
        pytest.param(bool, 1, "toy: x must be true | false, not 1", id="an int is no bool"),
        pytest.param(Count, 3.0, "toy: x must be int ≥ 1, not 3.0", id="a float is no int"),
        pytest.param(str, 3, "toy: x must be text, not 3", id="a number is no text"),
        pytest.param(int, "3", "toy: x must be int, not '3'", id="text is no number"),
        pytest.param(Positive, 0, "toy: x must be float > 0, not 0", id="an open bound"),
        pytest.param(Fraction, 1.5, "toy: x must be float in [0, 1], not 1.5", id="a closed interval"),
        pytest.param(list[Count], [1, 0], "toy: x must be list of int ≥ 1, not [1, 0]", id="an item"),
        pytest.param(tuple[int, int], [1], "toy: x must be list of int, not [1]", id="a pair of one"),
        pytest.param(int, None, "toy: x must be int, not none", id="none"),
        pytest.param(int, {}, "toy: x must be int: dict is no literal", id="no literal"),
        pytest.param(
            Literal["clamp", "error"],
            "eror",
            "toy: x must be clamp | error, not 'eror'; did you mean error?",
            id="choice",
        ),
    ],
)
def test_a_wrong_value_is_told_what_is_allowed(annotation: object, value: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check("toy", Parameter("x", annotation), value)
    assert str(caught.value).startswith(message)
    assert caught.value.span is None


def test_all_choices_are_told_to_who_made_none_of_them() -> None:
    with pytest.raises(SpecError, match=r"celu \| elu \| .* \| tanh_shrink, not 'reluu'; did you mean relu\?"):
        check("toy", Parameter("x", Activation), "reluu")


def test_an_authors_own_reason_is_told() -> None:
    def odd(value: int) -> int:
        if value % 2 == 0:
            raise ValueError("an odd number gives the window a middle")
        return value

    with pytest.raises(SpecError, match=r"must be int, not 2 \(an odd number gives the window a middle\)"):
        check("toy", Parameter("x", Annotated[int, AfterValidator(odd)]), 2)


def test_an_annotation_that_no_literal_can_meet_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match="toy: no literal can be x"):
        check("toy", Parameter("x", Registry), 3)


def test_a_region_is_left_to_who_builds_it() -> None:
    region = object()
    assert check("toy", Parameter("over", RegionSpec | None), region) is region


@pytest.mark.parametrize(
    ("parameter", "line"),
    [
        (Parameter("p", Annotated[float, Between(1, 64)], 3.0), "p: float in [1, 64] = 3.0"),
        (Parameter("p", Annotated[float, at.Gt(0), at.Lt(1)], 0.5), "p: float in (0, 1) = 0.5"),
        (Parameter("n", Annotated[int, at.Le(8), at.MultipleOf(2)], 2), "n: int ≤ 8, a multiple of 2 = 2"),
        (Parameter("units", Count), "units: int ≥ 1"),
        (Parameter("size", Count | list[Count], 2), "size: int ≥ 1 | list of int ≥ 1 = 2"),
        (Parameter("sizes", Annotated[list[int], at.Len(1, 3)]), "sizes: list of int, 1 to 3 of them"),
        (Parameter("sizes", Annotated[list[int], at.Len(2, 2)]), "sizes: list of int, exactly 2 of them"),
        (Parameter("sizes", Annotated[list[int], at.MaxLen(3)]), "sizes: list of int, at most 3 of them"),
        (Parameter("strides", Count | None, None), "strides: int ≥ 1 | none = none"),
        (Parameter("negatives", Literal["clamp", "error"], "clamp"), "negatives: clamp | error = clamp"),
        (Parameter("mode", Literal["a b", "none", 3], "none"), "mode: 'a b' | 'none' | 3 = 'none'"),
        (Parameter("label", str, "relu"), "label: text = 'relu'"),
        (Parameter("activation", Activation, "relu"), "activation: celu | elu | exponential | … | tanh_shrink (30 choices) = relu"),
        (Parameter("use_bias", bool, True), "use_bias: true | false = true"),
        (Parameter("scales", list[float], [1.0, 2.0]), "scales: list of float = [1.0, 2.0]"),
        (Parameter("anything", Any, None), "anything: any literal = none"),
        (Parameter("over", RegionSpec, "window(2)"), "over: region = window(2)"),
        (Parameter("branches", Branch, variadic="*"), "*branches: branch"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_parameter_in_a_line(parameter: Parameter, line: str) -> None:
    assert describe(parameter) == line
