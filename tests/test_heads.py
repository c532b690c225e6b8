"""Head: from a spec to a layer that trains, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool import BudgetError, Head, PluginError, SpecError, UnknownNameError

X = np.random.default_rng(0).normal(size=(4, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1], [0] * 6], bool)
FULL = "concat(mean, gem | l2_norm, attention(heads=2)) | mlp([8, 8]) | batch_norm | dropout | dense(3)"


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        pytest.param("mean", {}, id="pool-only"),
        pytest.param("gem(p=4) | dropout(0.2) | dense(classes)", {"classes": 3}, id="caller's-name"),
        pytest.param("dense(3) | lse", {}, id="stage-first"),
        pytest.param(FULL, {}, id="everything"),
        pytest.param("gem | heads(a=dense(2), b=dropout | dense(3))", {}, id="several-outputs"),
    ],
)
def test_spec_there_and_back(spec: str, names: dict[str, int]) -> None:
    head = kpool.head(spec, **names)
    canonical = kpool.spec_of(head)
    assert canonical == str(head.spec) == str(kpool.parse(spec, **names))
    assert kpool.spec_of(kpool.head(canonical)) == canonical
    assert kpool.spec_of(kpool.head(head.spec)) == canonical
    config = json.loads(json.dumps(head.get_config()))
    again = Head.from_config(config)
    assert again.get_config() == head.get_config() == config
    assert config["spec"] == canonical
    assert config["requires"] == kpool.requirements(spec.replace("classes", "3"))


@pytest.mark.parametrize("spec", ["stats | dense(3)", "concat(mean, max, first) | dense(2)", "mean(over=window(2))"])
def test_shapes_agree(spec: str) -> None:
    head = kpool.head(spec)
    actual = tuple(head(X).shape)
    assert head.compute_output_shape(X.shape) == actual
    assert head.compute_output_shape((None, 6, 4)) == head(keras.Input((6, 4))).shape == (None, *actual[1:])


IDS = np.array([[0, 0, 4, -1, 2, 2]] * 4, "int32")
SPANS = np.array([[[0, 2], [1, 6]]] * 4, "int32")
GIVEN = [
    pytest.param("mean(over=segments(5)) | dense(3)", IDS, id="segments"),
    pytest.param("mean(over=spans) | dense(3)", SPANS, id="spans"),
    pytest.param("concat(mean(over=spans), dense(2) | max(over=spans)) | dense(3)", SPANS, id="branches"),
    pytest.param("heads(a=mean(over=spans), b=mean)", SPANS, id="a-branch-that-asks-for-none"),
    pytest.param("mean(over=spans) | max", SPANS, id="pool-after-pool"),
    pytest.param("add(mean(over=window(3)), mean(over=spans))", SPANS, id="as-many-spans-as-windows"),
]


@pytest.mark.parametrize(("spec", "regions"), GIVEN)
def test_shapes_agree_over_regions(spec: str, regions: np.ndarray) -> None:
    head = kpool.head(spec)
    actual = keras.tree.map_structure(lambda y: tuple(y.shape), head(X, regions=regions))
    assert head.compute_output_shape(X.shape, regions.shape) == actual
    inputs, given = keras.Input((6, 4)), keras.Input(regions.shape[1:], dtype="int32")
    symbolic = keras.tree.map_structure(lambda y: y.shape, head(inputs, regions=given))
    assert symbolic == head.compute_output_shape(inputs.shape, given.shape)


@pytest.mark.parametrize(("spec", "regions"), GIVEN)
def test_functional_model_with_regions_is_saved(spec: str, regions: np.ndarray, tmp_path: Path) -> None:
    inputs, given = keras.Input((None, 4)), keras.Input((None, *regions.shape[2:]), dtype="int32")
    head = kpool.head(spec)
    model = keras.Model([inputs, given], head(inputs, regions=given))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.output_shape == model.output_shape
    answers = loaded.predict([X, regions], verbose=0)
    expected = keras.tree.flatten(head(X, regions=regions))
    for a, b in zip(keras.tree.flatten(answers), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_several_outputs_train() -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, 4))
    head = kpool.head("gem | heads(kind=dense(3, activation=softmax), size=dense(1))")
    assert head.compute_output_shape((None, None, 4)) == {"kind": (None, 3), "size": (None, 1)}
    model = keras.Model(inputs, head(inputs))
    model.compile("adam", loss={"kind": "sparse_categorical_crossentropy", "size": "mse"})
    y = {"kind": np.array([0, 1, 2, 0]), "size": np.ones((4, 1))}
    losses = model.fit(X, y, epochs=10, verbose=0).history
    assert losses.keys() == {"loss", "kind_loss", "size_loss"}
    assert losses["loss"][-1] < losses["loss"][0]
    assert {name: tuple(x.shape) for name, x in model(X).items()} == {"kind": (4, 3), "size": (4, 1)}


@pytest.mark.parametrize("spec", [FULL, "dense(5) | lse | dense(2)"])
def test_jit(spec: str) -> None:
    head = kpool.head(spec)
    run = tf.function(lambda x, mask: head(x, mask=mask), jit_compile=True)
    np.testing.assert_allclose(run(X, MASK), head(X, mask=MASK), rtol=1e-5, atol=1e-6)


def test_masked_elements_change_nothing() -> None:
    head = kpool.head(FULL)
    clean = np.where(MASK[..., None], X, np.float32(0))
    for padding in (np.nan, np.inf, 3e38):
        x = np.where(MASK[..., None], X, np.float32(padding))
        np.testing.assert_array_equal(head(x, mask=MASK), head(clean, mask=MASK))


def test_weights_have_fixed_paths() -> None:
    head = Head("concat(mean, gem | l2_norm) | mlp([8, 8]) | dense(3)", name="head")
    head.build((None, None, 4))
    assert [weight.path for weight in head.weights] == [
        "head/concat_0/1/gem_0/p",
        "head/mlp_1/dense_0/kernel",
        "head/mlp_1/dense_0/bias",
        "head/mlp_1/dense_1/kernel",
        "head/mlp_1/dense_1/bias",
        "head/dense_2/kernel",
        "head/dense_2/bias",
    ]


@pytest.mark.parametrize(
    ("spec", "needed"),
    [
        pytest.param("mean | dense(1000000000)", "5,000,000,000", id="stage"),
        pytest.param("mean | mlp([100000, 100000])", "10,000,600,000", id="hidden-layer"),
        pytest.param("heads(a=concat(mean, max | dense(1000000000)))", "5,000,000,000", id="branch-of-a-branch"),
        pytest.param("attention(units=1000000000) | dense(2)", "6,000,000,010", id="pool"),
    ],
)
@pytest.mark.parametrize("x", [X, keras.Input((None, 4))], ids=["eager", "symbolic"])
def test_budget_is_checked_before_anything_is_allocated(spec: str, needed: str, x: Any) -> None:
    head = kpool.head(spec)
    with pytest.raises(BudgetError, match=f"needs {needed} parameters .* than the budget of 268,435,456; shrink it"):
        head(x)
    assert head.weights == []


def test_budget_counts_exactly() -> None:
    with pytest.raises(BudgetError, match=r"mean \| dense\(2\) needs 10 parameters .*; .* allow more with budget=10"):
        Head("mean | dense(2)", budget=9)(X)
    assert Head("mean | dense(2)", budget=10)(X).shape == (4, 2)
    assert kpool.head(FULL)(X).shape == (4, 3)


@pytest.mark.parametrize("budget", ["3", 0, -1, 2.5, True, None], ids=repr)
def test_refuses_a_budget(budget: Any) -> None:
    with pytest.raises(SpecError, match="budget must be a number of parameters, 1 or more, not"):
        Head("mean", budget=budget)


def test_keras_arguments() -> None:
    head = Head("gem | dense(2)", name="end", dtype="mixed_bfloat16", trainable=False)
    assert head(X).dtype == "bfloat16"
    assert head.trainable_weights == []
    assert [weight.path for weight in head.weights] == ["end/gem_0/p", "end/dense_1/kernel", "end/dense_1/bias"]
    again = Head.from_config(head.get_config())
    assert (again.name, again.compute_dtype, again.trainable) == ("end", "bfloat16", False)
    assert kpool.head("mean").name != kpool.head("mean").name


def test_global_policy_reaches_inside() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        head = kpool.head("concat(mean, attention) | dense(2)")
    finally:
        keras.config.set_dtype_policy("float32")
    assert head(X).dtype == "bfloat16"
    assert {weight.dtype for weight in head.weights} == {"float32"}


@pytest.mark.parametrize(
    ("config", "error", "says"),
    [
        pytest.param(
            {"spec": "nowhere/thing | dense(2)", "requires": ["kpool-nowhere>=1.0", "kpool>=0.1"]},
            PluginError,
            r"not installed here: kpool-nowhere\. Install: pip install kpool-nowhere$",
            id="plugin-missing",
        ),
        pytest.param({"spec": "gam | dense(2)"}, UnknownNameError, "did you mean gem", id="name-unknown"),
        pytest.param({"spec": "mean", "requires": ["../x"]}, PluginError, "reads 'name>=version'", id="no-requirement"),
        pytest.param({"spec": 3}, SpecError, "a spec is text, not 3", id="no-spec"),
    ],
)
def test_config_that_cannot_be_built(config: dict[str, Any], error: type[Exception], says: str) -> None:
    """The error is kpool's own, short, and not wrapped by Keras, wherever the head stands in a model."""
    layer = {"class_name": "kpool>Head", "config": config}
    model = {"class_name": "Sequential", "module": "keras", "config": {"name": "s", "layers": [layer]}}
    for load in (
        lambda: Head.from_config(config),
        lambda: keras.layers.deserialize(layer),
        lambda: keras.models.model_from_json(json.dumps(model)),
    ):
        with pytest.raises(error, match=says):
            load()
