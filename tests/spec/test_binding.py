"""What names and values mean."""
# ruff: noqa: E501 (errors stand here as their readers see them)

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings

from kpool.errors import AmbiguousNameError, SpecError, UnknownNameError
from kpool.registry import Registry
from kpool.spec import Spec, parse, parse_region

from . import texts, toys
from .conftest import Complain, Read

REGISTRY = toys.registry()
ACTIVATION = "activation must be celu | elu | exponential | … | tanh_shrink (30 choices)"

MISTAKES = {
    "out of bounds": ("gem(p=0.5)", "gem: p must be float in [1, 64], not 0.5", "  gem(p=0.5)", "        ^^^"),
    "true is no number": ("gem(p=true)", "gem: p must be float in [1, 64], not true", "  gem(p=true)", "        ^^^^"),
    "a float for an int": ("dense(10.0)", "dense: units must be int ≥ 1, not 10.0", "  dense(10.0)", "        ^^^^"),
    "a string for an int": ("dense('10')", "dense: units must be int ≥ 1, not '10'", "  dense('10')", "        ^^^^"),
    "an item": (
        "gem(over=window([1, 2.5]))",
        "window: size must be int ≥ 1 | list of int ≥ 1, not [1, 2.5]",
        "  gem(over=window([1, 2.5]))",
        "                  ^^^^^^^^",
    ),
    "infinite": ("gem(p=1e999)", "the number is too large to be finite", "  gem(p=1e999)", "        ^^^^^"),
    "19 digits": (
        "dense(1234567890123456789)",
        "a number has at most 18 significant digits, not 19",
        "  dense(1234567890123456789)",
        "        ^^^^^^^^^^^^^^^^^^^",
    ),
    "a component for a value": ("dense(gem(p=3))", "dense: units must be int ≥ 1, not gem(p=3)", "  dense(gem(p=3))", "        ^^^^^^^^"),
    "a name that was not passed": (
        "dense(classes)",
        "dense: units must be int ≥ 1, and 'classes' is nothing of the kind; pass classes=… to kpool.head",
        "  dense(classes)",
        "        ^^^^^^^",
    ),
    "a choice misspelt": (
        "dense(10, activation=reluu)",
        f"dense: {ACTIVATION}, and 'reluu' is nothing of the kind; pass reluu=… to kpool.head, or did you mean relu?",
        "  dense(10, activation=reluu)",
        "                       ^^^^^",
    ),
    "no choice, in quotes": (
        "gem(negatives='clam')",
        "gem: negatives must be clamp | signed | error, not 'clam'; did you mean clamp?",
        "  gem(negatives='clam')",
        "                ^^^^^^",
    ),
    "unknown": ("mean | denze(10)", "no plugin gives 'denze'; did you mean dense?", "  mean | denze(10)", "         ^^^^^"),
    "unknown in a plugin": ("acme/nothing", "no plugin gives 'acme/nothing'", "  acme/nothing", "  ^^^^^^^^^^^^"),
    "unknown branch": ("concat(meen)", "no plugin gives 'meen'; did you mean mean?", "  concat(meen)", "         ^^^^"),
    "ambiguous": (
        "shared",
        "'shared' is given by several plugins: write 'acme/shared' (kpool-acme 1.0) or 'other-one/shared' (kpool-other-one 1.0)",
        "  shared",
        "  ^^^^^^",
    ),
    "a value for a branch": ("concat(3)", "concat: a branch is a pipe, not 3", "  concat(3)", "         ^"),
    "a value for a region": ("gem(over=3)", "gem: over is a region, not 3", "  gem(over=3)", "           ^"),
    "a region for a step": (
        "mean | window(2)",
        "window is a region, not a step of a pipe: it is an argument, over=window",
        "  mean | window(2)",
        "         ^^^^^^",
    ),
    "a strategy for a region": (
        "gem(over=mean)",
        "mean is a strategy, not a region; regions are everything, window",
        "  gem(over=mean)",
        "           ^^^^",
    ),
    "a pipe for a region": (
        "gem(over=window(2) | mean)",
        "a region stands alone: no pipe leads out of it",
        "  gem(over=window(2) | mean)",
        "           ^^^^^^^^^^^^^^^^",
    ),
    "on the second line": (
        "mean |\n  gem(p=99) |\n  dense(10)",
        "gem: p must be float in [1, 64], not 99",
        "    gem(p=99) |",
        "          ^^",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=i) for i, (t, *e) in MISTAKES.items()])
def test_a_mistake_is_told_in_plain_words(text: str, expected: list[str], complaint: Complain) -> None:
    assert complaint(text).splitlines() == expected


def test_every_argument_is_there_in_order_and_of_its_type(read: Read) -> None:
    (gem,) = read("gem(negatives=signed, p=3)").calls
    assert list(gem.arguments) == ["p", "negatives", "over", "empty_value", "require_mask", "data_format"]
    assert isinstance(gem.arguments["p"], float)
    assert gem.arguments["negatives"] == "signed"
    assert gem.arguments["over"] is None


def test_a_region_is_a_call_and_a_branch_a_spec(read: Read) -> None:
    (gate,) = read("gate(mean | l2_norm, over=window([2, 3]))").calls
    assert gate.arguments["by"] == read("mean | l2_norm")
    assert gate.arguments["over"].arguments["size"] == (2, 3)


def test_a_default_that_is_a_spec_is_parsed(read: Read, registry: Registry) -> None:
    assert read("gate").calls[0].arguments["over"] == parse_region("window(3)", registry)


def test_the_callers_names_are_values(read: Read) -> None:
    assert read("dense(classes, activation=last)", classes=10, last="softmax") == read("dense(10, activation=softmax)")
    assert read("window_free | dense(3)".replace("window_free", "gem(over=window([n, 1]))"), n=2) == read(
        "gem(over=window([2, 1])) | dense(3)"
    )


def test_a_word_is_text_where_any_text_will_do(read: Read) -> None:
    assert read("fancy(label=word)") == read("fancy(label='word')")
    assert read("fancy(label=word)", word="other").calls[0].arguments["label"] == "other"


@pytest.mark.parametrize(
    ("text", "names", "message"),
    [
        pytest.param("dense(classes)", {"classes": 0}, "units must be int ≥ 1, not 0", id="out of bounds"),
        pytest.param("dense(classes)", {"classes": True}, "units must be int ≥ 1, not true", id="true is no int"),
        pytest.param("dense(n)", {"n": float("nan")}, "units must be int ≥ 1: nan is not a number", id="nan"),
        pytest.param("dense(n)", {"n": object()}, "units must be int ≥ 1: object is no literal", id="no literal"),
        pytest.param("dense(3)", {"classes": 10}, "classes=… was passed, but the spec does not say", id="not used"),
        pytest.param("mean", {"mean": 10}, "mean=… was passed, but the spec does not say", id="used as a component"),
        pytest.param(
            "dense(3, activation=relu)",
            {"relu": "elu"},
            "'relu' is a choice of dense's activation and also",
            id="choice",
        ),
        pytest.param("concat(mean)", {"mean": 1}, "a branch is a pipe, and 'mean' is also a name", id="component"),
        pytest.param("dense(n)", {"n": [[[]]]}, "units must be int ≥ 1, not [[[]]]", id="list"),
    ],
)
def test_the_callers_names_are_checked(text: str, names: dict[str, object], message: str, complaint: Complain) -> None:
    assert message in complaint(text, **names)


def test_the_type_of_a_registrys_error_is_kept(read: Read) -> None:
    with pytest.raises(UnknownNameError):
        read("meen")
    with pytest.raises(AmbiguousNameError):
        read("shared")


def test_a_spec_is_text() -> None:
    with pytest.raises(SpecError, match="a spec is text, not 3"):
        parse(3)  # type: ignore[arg-type]


def test_a_region_alone(registry: Registry) -> None:
    assert str(parse_region("window(2)", registry)) == "window(size=2, strides=none, padding=valid)"
    with pytest.raises(SpecError, match="mean is a strategy, not a region"):
        parse_region("mean", registry)


def test_a_spec_has_at_most_128_calls(read: Read, complaint: Complain) -> None:
    assert len(read(" | ".join(["l2_norm"] * 128)).calls) == 128
    assert complaint(" | ".join(["l2_norm"] * 129)).startswith("a spec has at most 128 calls")


def test_what_could_not_be_read_again_is_refused(complaint: Complain) -> None:
    """Written in full a spec is longer, and it is what is saved."""
    many = f"concat({', '.join(['gem'] * 20)})"
    assert complaint(f"{many} | {many}").startswith("the spec is too large: it has 4,")


@given(texts.nearly)
@settings(max_examples=500, deadline=None)
def test_whatever_is_written_is_a_spec_or_a_spec_error(text: str) -> None:
    outcome = _outcome(text)
    assert isinstance(outcome, Spec) or (outcome.spec == text and outcome.span is not None)


def _outcome(text: str) -> Spec | SpecError:
    try:
        return parse(text, registry=REGISTRY)
    except SpecError as error:
        return error


HOSTILE = {
    "open brackets": "(" * 4096,
    "open lists": "f([" * 1365,
    "calls within calls": "concat(" * 585,
    "pipes": "|" * 4096,
    "many calls": "max|" * 1023 + "max",
    "a long name": "m" * 4096,
    "names that might have a plugin": "a-" * 2048,
    "a long list": f"gem(p=[{'1,' * 2040}])",
    "a long list that is allowed": f"fancy(scales=[{'1,' * 2030}])",
    "lists in lists": f"gem(p=[{'[[[]]],' * 580}])",
    "unknown words": f"gem(p=[{'a,' * 2040}])",
    "many arguments": f"gem({'1,' * 2040})",
    "many keywords": f"gem({','.join(f'k{i}=1' for i in range(570))})",
    "deep and wide": "concat(" * 15 + "max," * 900 + ")" * 15,
    "many digits": "dense(" + "1" * 4080 + ")",
    "digits that are no number": "dense(" + "1" * 4080 + "x)",
    "a large exponent": "gem(1e" + "9" * 4080 + ")",
    "quotes": "'" * 4096,
    "NULs": "\0" * 4096,
    "code": "__import__('os').system('true') | ().__class__",
    "more code": "dense(eval('1'), activation=os/system)",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text, registry=REGISTRY)


def test_parsing_imports_opens_and_runs_nothing() -> None:
    for text in HOSTILE.values():
        test_hostile_text_is_refused(text)  # what is read once, on first use, is the grammar
    events: list[str] = []
    listening = True

    def hear(event: str, _: object) -> None:
        if listening and event.partition(".")[0] in {"import", "open", "exec", "compile", "os", "subprocess", "socket"}:
            events.append(event)

    sys.addaudithook(hear)
    for text in HOSTILE.values():
        test_hostile_text_is_refused(text)
    heard, listening = list(events), False
    assert heard == []
