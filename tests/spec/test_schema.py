"""The JSON Schema takes what `Spec.from_json` takes."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings

from kpool.spec import parse, schema

from . import texts, toys

REGISTRY = toys.registry()
VALIDATOR = jsonschema.Draft202012Validator(schema(REGISTRY))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema(REGISTRY))


@given(texts.valid)
@settings(max_examples=100, deadline=None)
def test_it_takes_every_twin(text: str) -> None:
    VALIDATOR.validate(parse(text, registry=REGISTRY).to_json())


@pytest.mark.parametrize(
    "call",
    [
        pytest.param({"use": "meen"}, id="unknown name"),
        pytest.param({"use": "gem", "q": 3}, id="unknown argument"),
        pytest.param({"use": "gem", "p": 99}, id="out of bounds"),
        pytest.param({"use": "gem", "negatives": "clam"}, id="no choice"),
        pytest.param({"use": "gem", "over": {"use": "mean"}}, id="a strategy for a region"),
        pytest.param({"use": "window"}, id="a region for a step"),
        pytest.param({"use": "dense"}, id="missing argument"),
        pytest.param({"use": "concat", "of": []}, id="no branches"),
        pytest.param({"use": "concat"}, id="no of"),
    ],
)
def test_it_refuses(call: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid({"kpool": 1, "pipe": [call]})


def test_a_third_partys_component_goes_by_both_names() -> None:
    assert VALIDATOR.is_valid({"kpool": 1, "pipe": [{"use": "fancy"}, {"use": "acme/fancy"}]})
    assert not VALIDATOR.is_valid({"kpool": 1, "pipe": [{"use": "shared"}]})
