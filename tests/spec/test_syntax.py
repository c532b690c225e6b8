"""What may be written: the text alone, whatever its names mean."""

from __future__ import annotations

import pytest
from lark import Token

from kpool.errors import SpecError
from kpool.spec.source import Source
from kpool.spec.syntax import CallNode, ListNode, PipeNode, read, span


def complaint(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read(Source(text))
    return str(caught.value).splitlines()


def test_every_part_knows_where_it_stands() -> None:
    text = "concat( mean , gem(3, p=[1, 'a b']) |l2_norm ) | acme-x/fancy"
    pipe = read(Source(text))
    concat, fancy = pipe.calls
    mean, gem = (argument.value for argument in concat.arguments)
    assert isinstance(gem, PipeNode)
    three, p = gem.calls[0].arguments
    assert isinstance(p.value, ListNode)
    parts = [concat.span, concat.name_span, fancy.span, span(mean), gem.span, span(three.value), p.span, p.value.span]
    assert [text[slice(*part)] for part in parts] == [
        "concat( mean , gem(3, p=[1, 'a b']) |l2_norm )",
        "concat",
        "acme-x/fancy",
        "mean",
        "gem(3, p=[1, 'a b']) |l2_norm",
        "3",
        "p=[1, 'a b']",
        "[1, 'a b']",
    ]


@pytest.mark.parametrize(
    "text", ["mean", "mean()", " mean\n(\r\n)\t", "a.b-c/mean", "mean | max", "truely", "none_of/it"]
)
def test_a_pipe(text: str) -> None:
    assert all(isinstance(call, CallNode) for call in read(Source(text)).calls)


@pytest.mark.parametrize(
    "text", ["0", "-1", "3.", ".5", "-2.5e-3", "1E6", "''", '"it\'s"', "true", "None", "[]", "[1,]", "[[1], a]"]
)
def test_a_value(text: str) -> None:
    value = read(Source(f"f(x={text},)")).calls[0].arguments[0].value
    assert isinstance(value, (Token, ListNode))


def test_brackets_tell_a_call_from_a_word() -> None:
    assert read(Source("mean")).word == "mean"
    assert read(Source("mean()")).word is None
    assert read(Source("mean | max")).word is None


MISTAKES = {
    "empty": ("", "the spec is empty: it names at least one component", "  ^"),
    "pipe at the end": ("mean |", "nothing follows '|'", "  mean |", "        ^"),
    "pipe at the end, then a line end": ("mean |\n", "nothing follows '|'", "  mean |", "        ^"),
    "pipe at the beginning": ("| mean", "nothing stands before '|'", "  | mean", "  ^"),
    "two pipes": ("mean || max", "nothing stands between '|' and '|'", "  mean || max", "        ^"),
    "empty argument": ("gem(,)", "nothing stands between '(' and ','", "  gem(,)", "      ^"),
    "empty argument between": ("gem(3,,4)", "nothing stands between ',' and ','", "  gem(3,,4)", "        ^"),
    "no value": ("gem(p=)", "nothing stands between '=' and ')'", "  gem(p=)", "        ^"),
    "stray bracket": ("mean)", "')' closes nothing", "  mean)", "      ^"),
    "not closed": (
        "concat(mean, gem(p=3)",
        "'(' is not closed",
        "  concat(mean, gem(p=3)",
        "        ^ '(' opened here",
        "                       ^ ')' expected here",
    ),
    "closed by another": (
        "window([1, 2)",
        "'[' is not closed",
        "  window([1, 2)",
        "         ^ '[' opened here",
        "              ^ ']' expected here",
    ),
    "not closed, over lines": (
        "concat(\n  mean,\n  max",
        "'(' is not closed",
        "  concat(",
        "        ^ '(' opened here",
        "    max",
        "       ^ ')' expected here",
    ),
    "no pipe between": (
        "gem(p=3) dropout(0.2)",
        "'dropout' cannot stand here: expected '|' or the end",
        "  gem(p=3) dropout(0.2)",
        "           ^^^^^^^",
    ),
    "no comma between": (
        "concat(mean max)",
        "'max' cannot stand here: expected '(', '=', '|', ',' or ')'",
        "  concat(mean max)",
        "              ^^^",
    ),
    "a comma outside brackets": (
        "mean, max",
        "',' cannot stand here: expected '|' or the end",
        "  mean, max",
        "      ^",
    ),
    "a value outside brackets": (
        "mean = 3",
        "'=' cannot stand here: expected '(', '|' or the end",
        "  mean = 3",
        "       ^",
    ),
    "brackets to group": ("(mean)", "'(' cannot stand here: expected a name", "  (mean)", "  ^"),
    "a value alone": ("'mean'", "'mean' cannot stand here: expected a name", "  'mean'", "  ^^^^^^"),
    "a constant alone": ("true", "'true' cannot stand here: expected a name", "  true", "  ^^^^"),
    "Python's comparison": (
        "gem(p==3)",
        "'=' cannot stand here: expected a name or a value",
        "  gem(p==3)",
        "        ^",
    ),
    "a colon": ("gem(p:3)", "':' means nothing in a spec", "  gem(p:3)", "       ^"),
    "an unprintable character": ("mean\x07", r"'\x07' means nothing in a spec", "  mean", "      ^"),
    "attribute": ("os.system('x')", "'.' means nothing in a spec", "  os.system('x')", "    ^"),
    "hexadecimal": ("dense(0x10)", "'0x10' is not a decimal number", "  dense(0x10)", "        ^^^^"),
    "underscore in a number": ("dense(1_000)", "'1_000' is not a decimal number", "  dense(1_000)", "        ^^^^^"),
    "a plus sign": ("dense(+3)", "'+3' is not a decimal number", "  dense(+3)", "        ^^"),
    "string over a line": (
        "dense(10, activation='relu)",
        "the string that begins here does not end on its line",
        "  dense(10, activation='relu)",
        "                       ^^^^^",
    ),
    "too deep": ("f(" * 17, "brackets stand at most 16 deep", "  " + "f(" * 17, " " * 35 + "^"),
}


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=i) for i, (t, *e) in MISTAKES.items()])
def test_a_mistake_is_told_in_plain_words(text: str, expected: list[str]) -> None:
    assert complaint(text) == expected


def test_a_spec_has_at_most_4096_characters() -> None:
    assert read(Source("mean".ljust(4096))).word == "mean"
    assert complaint("mean".ljust(4097))[0] == "a spec has at most 4,096 characters, not 4,097"


def test_brackets_stand_at_most_16_deep() -> None:
    assert read(Source("f(" * 16 + ")" * 16))
