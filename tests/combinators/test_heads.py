"""Heads: several outputs, by name."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

import kpool
from kpool import SpecError
from kpool.combinators.heads import Heads

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]], bool)


def test_a_dict_in_the_order_of_the_spec() -> None:
    layer = kpool.pool("heads(z=mean, a=stats | l2_norm, build=heads(x=max, y=min))")
    given = layer(X, mask=MASK)
    assert list(given) == ["z", "a", "build"]
    np.testing.assert_array_equal(given["z"], kpool.pool("mean")(X, mask=MASK))
    np.testing.assert_array_equal(given["a"], kpool.head("stats | l2_norm")(X, mask=MASK))
    np.testing.assert_array_equal(given["build"]["y"], kpool.pool("min")(X, mask=MASK))


def test_shapes() -> None:
    layer = kpool.pool("heads(a=mean, b=stats)")
    shapes = {"a": (None, 4), "b": (None, 8)}
    assert layer.compute_output_shape((None, 6, 4)) == shapes
    assert {name: x.shape for name, x in layer(keras.Input((6, 4))).items()} == shapes
    assert layer.compute_mask(X, keras.ops.convert_to_tensor(MASK)) is None


@pytest.mark.parametrize("name", ["name", "dtype", "trainable", "self", "cls"])
def test_refuses_a_branch_that_keras_has_a_word_for(name: str) -> None:
    with pytest.raises(SpecError, match=f"heads: a branch cannot be called {name}; rename it"):
        kpool.head(f"mean | heads({name}=dense(2))")


def test_refuses_no_branch() -> None:
    with pytest.raises(SpecError, match="heads needs at least one branch: a spec"):
        Heads()


def test_config_and_spec_round_trip() -> None:
    layer = Heads(b="gem", a="max | dense(2)", name="two", dtype="mixed_float16", trainable=False)
    again = Heads.from_config(json.loads(json.dumps(layer.get_config())))
    assert again.get_config() == layer.get_config()
    assert list(again.branches) == ["b", "a"]
    assert kpool.spec_of(again) == kpool.spec_of(layer) == str(kpool.parse(kpool.spec_of(layer)))
    assert (again.name, again.trainable, again(X)["a"].dtype) == ("two", False, "float16")
