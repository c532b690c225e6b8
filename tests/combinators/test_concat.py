"""Concat, and with it what every combinator does with its branches."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool import SpecError
from kpool.combinators.concat import Concat

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]], bool)
WEIGHTS = np.array([[1, 2, 0, 1, 1, 1], [1, 1, 3, 1, 0.5, 1], [2, 1, 1, 1, 1, 1]], "float32")


@pytest.mark.parametrize(
    "branches",
    [
        pytest.param(["mean"], id="one"),
        pytest.param(["mean", "stats", "max | l2_norm"], id="of-different-widths"),
        pytest.param(["mean(over=window(2))", "max(over=window(2))"], id="on-a-grid"),
        pytest.param(["concat(sum, concat(min | l2_norm, max))", "mean"], id="nested"),
        pytest.param(["mean"] * 12, id="a-dozen-in-order"),
    ],
)
def test_branches_side_by_side(branches: list[str]) -> None:
    given = {"mask": MASK, "weights": WEIGHTS}
    layer = kpool.pool(f"concat({', '.join(branches)})")
    expected = np.concatenate([kpool.head(branch)(X, **given) for branch in branches], axis=-1)
    np.testing.assert_array_equal(layer(X, **given), expected)
    assert layer.compute_output_shape((None, 6, 4)) == (None, *expected.shape[1:])
    assert layer(keras.Input((6, 4))).shape == (None, *expected.shape[1:])


@pytest.mark.parametrize("spec", ["concat(mean, max)", "add(mean, gem)", "mix(mean, std | l2_norm)", "heads(a=mean)"])
def test_functional_model_with_unknown_sizes(spec: str) -> None:
    inputs, mask = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    layer = kpool.pool(spec)
    model = keras.Model([inputs, mask], layer(inputs, mask=mask))
    given, expected = model.predict([X, MASK], verbose=0), layer(X, mask=MASK)
    for a, b in zip(keras.tree.flatten(given), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_mask_of_the_grid() -> None:
    layer = kpool.pool("concat(mean(over=window(2)), max(over=window(2)))")
    occupied = MASK.reshape(3, 3, 2).any(axis=-1)
    np.testing.assert_array_equal(layer.compute_mask(X, keras.ops.convert_to_tensor(MASK)), occupied)
    assert kpool.pool("concat(mean, max)").compute_mask(X, keras.ops.convert_to_tensor(MASK)) is None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(
            "concat(mean, max(over=window(2)))", r"mean gives \(3, 4\), max\(.*\) gives \(3, 3, 4\)", id="grids"
        ),
        pytest.param("concat(heads(a=mean), max)", "concat cannot join several outputs", id="several-outputs"),
    ],
)
def test_refuses_what_does_not_fit(spec: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        kpool.pool(spec)(X)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda: Concat(), "concat needs at least one branch: a spec", id="none"),
        pytest.param(lambda: Concat(3), "a spec is text, not 3", id="no-spec"),
        pytest.param(lambda: Concat("nope"), "no plugin gives 'nope'", id="unknown"),
        pytest.param(lambda: Concat("mean", over="window(2)"), "argument 'over'; it takes branches", id="region"),
        pytest.param(lambda: kpool.pool("concat(mean, over=window(2))"), "concat has no over", id="region-in-spec"),
    ],
)
def test_refuses_arguments_when_made(make: Any, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        make()


def test_config_and_spec_round_trip() -> None:
    layer = Concat("mean", kpool.parse("gem(p=4) | l2_norm"), *["max"] * 10, name="both", dtype="mixed_float16")
    config = json.loads(json.dumps(layer.get_config()))
    again = Concat.from_config(config)
    assert again.get_config() == layer.get_config() == config
    assert kpool.spec_of(again) == kpool.spec_of(layer) == str(kpool.parse(kpool.spec_of(layer)))
    assert (again.name, again(X).dtype) == ("both", "float16")
    clone = keras.models.clone_model(keras.Sequential([keras.Input((None, 4)), layer]))
    assert clone.layers[-1].get_config() == config


def test_weights_lie_under_the_branch() -> None:
    layer = Concat("mean", "gem | dense(2)", name="both")
    layer.build((None, 6, 4))
    assert [w.path for w in layer.weights] == ["both/1/gem_0/p", "both/1/dense_1/kernel", "both/1/dense_1/bias"]
