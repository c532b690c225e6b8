"""The canonical text, which is saved, and the short one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kpool.spec import parse

from . import texts, toys
from .conftest import Read

REGISTRY = toys.registry()
POOLING = "over=none, empty_value=0.0, require_mask=false, data_format=channels_last"


@given(texts.valid)
@settings(max_examples=300, deadline=None)
def test_both_texts_mean_the_same_and_the_canonical_one_is_its_own(text: str) -> None:
    spec = parse(text, registry=REGISTRY)
    canonical = parse(str(spec), registry=REGISTRY)
    assert canonical == spec
    assert str(canonical) == str(spec)
    assert parse(spec.display(), registry=REGISTRY) == spec
    assert len(spec.display()) <= len(str(spec))


@pytest.mark.parametrize(
    ("text", "canonical", "short"),
    [
        pytest.param("gem(3)", f"gem(p=3.0, negatives=clamp, {POOLING})", "gem", id="a default is left out"),
        pytest.param("gem(4)", f"gem(p=4.0, negatives=clamp, {POOLING})", "gem(p=4)", id="a strategy's by keyword"),
        pytest.param(
            "mean(empty_value=-0.0)",
            "mean(over=none, empty_value=-0.0, require_mask=false, data_format=channels_last)",
            "mean(empty_value=-0.0)",
            id="minus zero keeps its sign",
        ),
        pytest.param("dropout(rate=0.2)", "dropout(rate=0.2)", "dropout(0.2)", id="a stage's first by position"),
        pytest.param(
            "dense(activation='relu', units=10)",
            "dense(units=10, activation=relu, use_bias=true)",
            "dense(10, activation=relu)",
            id="the others by keyword",
        ),
        pytest.param(
            "gate(over=window(size=4))",
            "gate(by=none, over=window(size=4, strides=none, padding=valid))",
            "gate(over=window(4))",
            id="a region's first by position",
        ),
        pytest.param(
            "fancy(label=x, depth=1.0)",
            f"acme/fancy(scales=[1.0, 2.0], label='x', depth=1.0, {POOLING})",
            "acme/fancy(label='x', depth=1.0)",
            id="a third party's name is qualified, and 1.0 stays a float where an int may stand",
        ),
        pytest.param(
            "heads(a = dense(3) , b=l2_norm())|l2_norm()",
            "heads(a=dense(units=3, activation=linear, use_bias=true), b=l2_norm) | l2_norm",
            "heads(a=dense(3), b=l2_norm) | l2_norm",
            id="one spacing",
        ),
        pytest.param(
            "mix(l2_norm, temperature=2)", "mix(l2_norm, temperature=2.0)", "mix(l2_norm, temperature=2)", id="branches"
        ),
    ],
)
def test_the_two_texts(text: str, canonical: str, short: str, read: Read) -> None:
    assert str(read(text)) == canonical
    assert read(text).display() == short
