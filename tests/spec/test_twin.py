"""The JSON twin."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpool.errors import SpecError
from kpool.registry import Registry
from kpool.spec import Spec, parse

from . import texts, toys
from .conftest import Read

REGISTRY = toys.registry()


@given(texts.valid)
@settings(max_examples=200, deadline=None)
def test_there_and_back_through_json(text: str) -> None:
    spec = parse(text, registry=REGISTRY)
    assert Spec.from_json(json.loads(json.dumps(spec.to_json())), REGISTRY) == spec


def test_how_it_looks(read: Read) -> None:
    twin = read("concat(l2_norm, l2_norm | dropout(0)) | heads(a=gate(l2_norm)) | dropout(0.2)").to_json()
    window = {"use": "window", "size": 3, "strides": None, "padding": "valid"}
    assert twin == {
        "kpool": 1,
        "pipe": [
            {"use": "concat", "of": [[{"use": "l2_norm"}], [{"use": "l2_norm"}, {"use": "dropout", "rate": 0.0}]]},
            {"use": "heads", "of": {"a": [{"use": "gate", "by": [{"use": "l2_norm"}], "over": window}]}},
            {"use": "dropout", "rate": 0.2},
        ],
    }


def test_written_by_hand_it_may_leave_out_what_text_may(read: Read, registry: Registry) -> None:
    twin = {"kpool": 1, "pipe": [{"use": "concat", "of": [{"use": "mean"}, {"use": "gem", "p": 4}]}]}
    assert Spec.from_json(twin, registry) == read("concat(mean, gem(p=4))")


def _pipe(*calls: object) -> dict[str, object]:
    return {"kpool": 1, "pipe": list(calls)}


def _nested(depth: int) -> dict[str, object]:
    call: dict[str, object] = {"use": "mean"}
    for _ in range(depth):
        call = {"use": "concat", "of": [[call]]}
    return _pipe(call)


@pytest.mark.parametrize(
    ("twin", "message"),
    [
        pytest.param([], 'a spec in JSON is {"kpool": 1, "pipe": […]}, not []', id="a list"),
        pytest.param({"pipe": []}, 'a spec in JSON is {"kpool": 1, "pipe"', id="no version"),
        pytest.param({"kpool": 2, "pipe": []}, 'this kpool reads specs of "kpool": 1, not 2', id="newer version"),
        pytest.param({"kpool": True, "pipe": []}, 'this kpool reads specs of "kpool": 1, not true', id="true for 1"),
        pytest.param(_pipe(), 'a pipe is a list of {"use": name, …}, not []', id="empty pipe"),
        pytest.param(_pipe("mean"), "a call is {\"use\": name, …}, not 'mean'", id="a bare name"),
        pytest.param(_pipe({"use": "mean | max"}), 'a call is {"use": name, …}', id="a spec for a name"),
        pytest.param(_pipe({"use": "true"}), 'a call is {"use": name, …}', id="a constant for a name"),
        pytest.param(_pipe({"use": "concat", "of": 3}), '"of" holds branches, in a list or by name, not 3', id="of"),
        pytest.param(
            _pipe({"use": "gem", "p=3, q": 3}), "an argument's name is a word, not 'p=3, q'", id="text in a key"
        ),
        pytest.param(_pipe({"use": "gem", "p": float("nan")}), "nan is not a number that a spec can say", id="nan"),
        pytest.param(_pipe({"use": "gem", "p": 10**400}), "at most 18 significant digits", id="a large number"),
        pytest.param(
            _pipe({"use": "gem", "p": 99}), "gem: p must be float in [1, 64], not 99\n  gem(p=99)\n", id="value"
        ),
        pytest.param(_pipe({"use": "dense", "units": "n"}), "dense: units must be int ≥ 1, not 'n'", id="string"),
        pytest.param(_nested(17), "calls stand at most 16 deep", id="depth"),
        pytest.param(_nested(10_000), "calls stand at most 16 deep", id="depth beyond Python's"),
        pytest.param(_pipe(*[{"use": "l2_norm"}] * 129), "a spec has at most 128 calls", id="calls"),
    ],
)
def test_no_twin(twin: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Spec.from_json(twin, REGISTRY)
    assert message in str(caught.value)


_keys = st.sampled_from(["use", "of", "p", "over", "units", "scales", "a"]) | st.text(max_size=5)
_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["gem", "concat"])
)
_json = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4), max_leaves=20
)
_calls = st.fixed_dictionaries(
    {"use": st.sampled_from(["gem", "concat", "heads", "dense", "window", "fancy"])},
    optional={"of": _json, "p": _json, "over": _json, "units": _json, "scales": _json},
)


@given(_json | st.fixed_dictionaries({"kpool": st.just(1), "pipe": _json | st.lists(_calls, max_size=3)}))
@settings(max_examples=500, deadline=None)
def test_whatever_json_there_is_it_is_a_spec_or_a_spec_error(twin: object) -> None:
    try:
        outcome: Spec | SpecError = Spec.from_json(twin, REGISTRY)
    except SpecError as error:
        outcome = error
    assert str(outcome)
