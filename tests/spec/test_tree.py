from __future__ import annotations

import copy
import pickle

import pytest

from kpool.spec.tree import Arguments

from .conftest import Read


def test_specs_are_equal_by_meaning(read: Read) -> None:
    assert read("gem(3) | dense(10)") == read("gem(p=3.0)|dense(units=10)")
    assert len({read("gem"), read("gem(p=3)"), read("gem(p=4)")}) == 2
    assert read("fancy(depth=1)") != read("fancy(depth=1.0)")
    assert read("gem") != "gem"


def test_a_spec_can_be_copied_and_pickled(read: Read) -> None:
    spec = read("heads(a=gem(over=window([2, 3])), b=mean | dense(3))")
    assert copy.deepcopy(spec) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301


def test_arguments_cannot_be_changed(read: Read) -> None:
    arguments = read("gem").calls[0].arguments
    with pytest.raises(TypeError, match="item assignment"):
        arguments["p"] = 4.0  # type: ignore[index]
    assert repr(Arguments({"p": 3.0})) == "{'p': 3.0}"
