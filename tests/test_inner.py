"""What quantising and freezing change inside a layer goes into its config and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool import inner

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras 3.15.1 with NumPy 2
    pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method:UserWarning"),
]
X = np.random.default_rng(0).normal(size=(4, 6, 8)).astype("float32")


def quantized(layer: Any) -> keras.Model:
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, layer(inputs))
    model.quantize("int8")
    return model


def test_nothing_differs_in_a_new_layer() -> None:
    assert inner.changes(kpool.head("concat(mean, gem) | mlp([4, 4]) | heads(a=dense(2))")) == {
        "policies": {},
        "frozen": [],
    }
    assert kpool.head("mean | dense(2)").get_config()["policies"] == {}


def test_differing_policies_are_named_by_path() -> None:
    head = quantized(kpool.head("concat(mean, attention) | mlp([8, 8]) | heads(a=dense(4), b=dense(2))")).layers[-1]
    changed = inner.changes(head)
    assert list(changed["policies"]) == ["mlp_1/dense_0", "mlp_1/dense_1", "heads_2/a/dense_0", "heads_2/b/dense_0"]
    again = kpool.Head.from_config(head.get_config())
    assert inner.changes(again) == changed
    assert again.get_config() == head.get_config()


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(lambda: kpool.head("concat(mean, gem | dense(8)) | mlp([8, 8]) | dense(3)"), id="head"),
        pytest.param(lambda: kpool.head("dense(5) | lse"), id="stage-first"),
        pytest.param(lambda: kpool.pool("concat(mean | dense(3), attention)"), id="combinator"),
        pytest.param(lambda: kpool.pool("mix(mean | dense(3), max | dense(3))"), id="combinator-with-weights"),
    ],
)
def test_quantized_model_is_saved_and_loaded(layer: Any, tmp_path: Path) -> None:
    model = quantized(layer())
    assert any(weight.dtype == "int8" for weight in model.weights)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    ("layer", "freeze"),
    [
        pytest.param(lambda: kpool.head("attention | dense(3)"), lambda head: head.nodes[0], id="pool-of-a-head"),
        pytest.param(lambda: kpool.head("gem | mlp([4, 3])"), lambda head: head.nodes[1].dense_0, id="part-of-a-stage"),
        pytest.param(
            lambda: kpool.pool("concat(mean, gem | dense(3))"),
            lambda concat: concat.branches["1"].nodes[1],
            id="stage-of-a-branch",
        ),
        pytest.param(lambda: kpool.head("concat(mean, gem) | mlp([4, 3])"), lambda head: head, id="whole-head"),
        pytest.param(lambda: kpool.pool("mix(gem, attention)"), lambda mix: mix, id="whole-combinator"),
    ],
)
def test_frozen_layer_stays_frozen(layer: Any, freeze: Any, tmp_path: Path) -> None:
    made = layer()
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, made(inputs))
    freeze(made).trainable = False
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not freeze(loaded.layers[-1]).trainable
    names = [[weight.path for weight in m.trainable_weights] for m in (model, loaded)]
    assert len(names[0]) == len(names[1]) < len(model.weights)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
