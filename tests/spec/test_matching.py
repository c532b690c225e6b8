"""Which argument is for which parameter."""
# ruff: noqa: E501 (errors stand here as their readers see them)

from __future__ import annotations

import pytest

from .conftest import Complain, Read

POOLING = (
    "over: region = none, empty_value: float = 0.0, require_mask: true | false = false, "
    "data_format: channels_last | channels_first = channels_last"
)
GEM = f"it is gem(p: float in [1, 64] = 3.0, negatives: clamp | signed | error = clamp, {POOLING})"
DENSE = (
    "it is dense(units: int ≥ 1, activation: celu | elu | exponential | … | tanh_shrink (30 choices) = linear, "
    "use_bias: true | false = true)"
)

MISTAKES = {
    "unknown argument": ("gem(q=3)", "gem has no q", GEM, "  gem(q=3)", "      ^"),
    "all unknown arguments at once": (
        "gem(q=3, negative=clamp)",
        "gem has no q and no negative",
        GEM,
        "  gem(q=3, negative=clamp)",
        "      ^",
        "           ^^^^^^^^ did you mean negatives?",
    ),
    "too many by position": ("l2_norm(3)", "l2_norm takes no arguments by position, 1 given", "it is l2_norm()", "  l2_norm(3)", "          ^"),
    "by position what goes by keyword": (
        "gem(3, clamp, everything)",
        "gem takes 2 arguments by position, 3 given",
        GEM,
        "  gem(3, clamp, everything)",
        "                ^^^^^^^^^^",
    ),
    "position after keyword": (
        "gem(p=3, clamp)",
        "an argument by position stands before those by keyword",
        "  gem(p=3, clamp)",
        "           ^^^^^",
    ),
    "twice by keyword": ("gem(p=3, p=4)", "gem: p is given twice", "  gem(p=3, p=4)", "      ^^^", "           ^^^ given again"),
    "twice, by position and keyword": ("gem(3, p=4)", "gem: p is given twice", "  gem(3, p=4)", "      ^", "         ^^^ given again"),
    "missing": ("dense", "dense needs units: int ≥ 1", DENSE, "  dense", "  ^^^^^"),
    "missing among others": ("dense(use_bias=false)", "dense needs units: int ≥ 1", DENSE, "  dense(use_bias=false)", "  ^^^^^^^^^^^^^^^^^^^^^"),
    "no branches": ("concat()", "concat needs at least one branch", "it is concat(*branches: branch)", "  concat()", "  ^^^^^^^^"),
    "a named branch where branches have no names": (
        "concat(a=mean)",
        "concat has no a",
        "it is concat(*branches: branch)",
        "  concat(a=mean)",
        "         ^",
    ),
    "a branch without its name": (
        "heads(mean)",
        "heads takes no arguments by position, 1 given",
        "it is heads(**branches: branch)",
        "  heads(mean)",
        "        ^^^^",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=i) for i, (t, *e) in MISTAKES.items()])
def test_a_mistake_shows_what_the_component_takes(text: str, expected: list[str], complaint: Complain) -> None:
    assert complaint(text).splitlines() == expected


def test_position_and_keyword_mean_the_same(read: Read) -> None:
    assert read("gem(3, signed)") == read("gem(3, negatives=signed)") == read("gem(negatives=signed, p=3)")


def test_beside_branches_all_goes_by_keyword(read: Read) -> None:
    (mix,) = read("mix(mean, max, temperature=2)").calls
    assert [str(branch.calls[0].component.name) for branch in mix.arguments["branches"]] == ["mean", "max"]
    assert mix.arguments["temperature"] == 2.0


def test_branches_may_have_any_name(read: Read) -> None:
    (heads,) = read("heads(branches=mean, over=max)").calls
    assert list(heads.arguments["branches"]) == ["branches", "over"]


def test_a_call_has_at_most_32_arguments(read: Read, complaint: Complain) -> None:
    assert len(read(f"concat({'l2_norm,' * 32})").calls[0].arguments["branches"]) == 32
    assert complaint(f"concat({'l2_norm,' * 33})").startswith("a call has at most 32 arguments")


def test_defaults_count_as_arguments_since_the_canonical_form_writes_them(read: Read, complaint: Complain) -> None:
    assert read(f"mix({'l2_norm,' * 31})")
    assert complaint(f"mix({'l2_norm,' * 32})").startswith("a call has at most 32 arguments, defaults included")
