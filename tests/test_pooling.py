"""Pooling, the door every strategy stands behind: inputs, masks, weights, empty bags, dtypes, config."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kpool
from kpool import KpoolError, MaskError, SpecError, reductions
from kpool.region.window import Window
from kpool_plugins.attention.attention import AttentionPooling
from kpool_plugins.basic.gem import GeMPooling
from kpool_plugins.basic.mean import MeanPooling

SEVERAL = ["attention", "first", "gem", "max", "mean", "stats", "top_k"]  # of every other, the kit says so
X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1]], bool)
WEIGHTS = np.array([[1, 2, 0, 1, 1, 1], [1, 1, 3, 1, 0.5, 1], [2, 1, 1, 1, 1, 1]], "float32")
TOKENS = np.array([[1, 2, 3, 0, 0, 0], [4, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
NUMPY_COPY = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15.1, NumPy 2


def pooled(spec: str, x: Any = X, **given: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(kpool.pool(spec)(x, **given))


def with_padding(value: float) -> np.ndarray:
    return np.where(MASK[..., None], X, np.float32(value))


def embedded() -> Any:
    """Tokens behind Embedding(mask_zero=True), whose output carries Keras's implicit mask; the last row is empty."""
    return layers.Embedding(9, 4, mask_zero=True)(TOKENS)


# Inputs


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        pytest.param((3, 4), r"shape \(3, 4\); if a pool stands before it, that left nothing", id="rank-2"),
        pytest.param((1, 1, 1, 1, 1, 2), r"it was given shape \(1, 1, 1, 1, 1, 2\)", id="rank-6"),
    ],
)
def test_refuses_other_ranks(shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(KpoolError, match=says):
        kpool.pool("mean")(np.zeros(shape, "float32"))
    with pytest.raises(KpoolError, match=r"mean pools \(batch, steps, features\)"):
        kpool.pool("mean")(keras.Input(shape[1:]))


def test_refuses_unknown_features() -> None:
    with pytest.raises(KpoolError, match=r"features must be known, shape \(None, 4, None\) given"):
        kpool.pool("mean")(keras.Input((4, None)))


@pytest.mark.parametrize("positions", [(6,), (4, 5), (2, 4, 3)], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize("over", ["none", "window(2)"])
def test_channels_first_is_channels_last_transposed(positions: tuple[int, ...], over: str) -> None:
    rng = np.random.default_rng(1)
    x, mask = rng.normal(size=(2, *positions, 3)).astype("float32"), rng.random((2, *positions)) < 0.7
    last, first = kpool.pool(f"std(over={over})"), kpool.pool(f"std(over={over}, data_format=channels_first)")
    turned = np.moveaxis(x, -1, 1)
    np.testing.assert_array_equal(first(turned, mask=mask), np.moveaxis(last(x, mask=mask), -1, 1))
    shape = last.compute_output_shape((None, *positions, 3))
    assert first.compute_output_shape((None, 3, *positions)) == (None, shape[-1], *shape[1:-1])
    assert first(keras.Input(turned.shape[1:])).shape == (None, shape[-1], *shape[1:-1])


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool", "float16", "float64"])
def test_takes_any_number_dtype(dtype: str) -> None:
    x = np.array([[[250], [255], [0]]]).astype(dtype)
    answer = kpool.pool("mean")(x)
    assert answer.dtype == "float32"
    np.testing.assert_allclose(answer, x.astype("float64").mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    ("policy", "out", "weights"),
    [
        pytest.param("mixed_float16", "float16", "float32", id="mixed-half"),
        pytest.param("mixed_bfloat16", "bfloat16", "float32", id="mixed-bfloat"),
        pytest.param("float16", "float16", "float32", id="half-weights-would-lose-what-is-learned"),
        pytest.param("bfloat16", "bfloat16", "float32", id="bfloat"),
        pytest.param("float64", "float64", "float64", id="double"),
    ],
)
@pytest.mark.parametrize("cls", [AttentionPooling, GeMPooling, MeanPooling])
def test_policy(cls: type[kpool.Pooling], policy: str, out: str, weights: str) -> None:
    layer, plain = cls(dtype=policy), cls(dtype="float64" if policy == "float64" else "float32")
    answer = layer(X, mask=MASK)
    plain.build(X.shape)
    plain.set_weights(layer.get_weights())
    assert keras.backend.standardize_dtype(answer.dtype) == out
    assert layer(keras.Input((None, 4))).dtype == out
    assert {variable.dtype for variable in layer.weights} <= {weights}
    np.testing.assert_array_equal(answer, keras.ops.cast(plain(X, mask=MASK), out))


def ragged(rows: np.ndarray, lengths: list[int]) -> tf.RaggedTensor:
    return tf.RaggedTensor.from_tensor(rows, lengths=lengths)


@pytest.mark.parametrize("spec", ["gem", "concat(mean, max)", "l2_norm | mean"])
def test_ragged_is_padded_with_a_mask(spec: str) -> None:
    lengths = [4, 0, 6]
    mask = np.arange(6) < np.array(lengths)[:, None]
    layer = kpool.head(spec)
    np.testing.assert_array_equal(layer(ragged(X, lengths)), layer(X, mask=mask))
    np.testing.assert_array_equal(layer(ragged(X, lengths), mask=MASK), layer(X, mask=mask & MASK))
    inputs = keras.Input((None, 4), ragged=True)
    np.testing.assert_array_equal(keras.Model(inputs, layer(inputs))(ragged(X, lengths)), layer(X, mask=mask))


IMAGES = {
    "rows-of-any-length": (tf.RaggedTensor.from_row_lengths(X[0], [1, 2, 3]), 3),
    "rows-of-two": (X[0].reshape(3, 2, 4), 4),
}


@pytest.mark.parametrize(("rows", "first"), IMAGES.values(), ids=IMAGES.keys())
def test_ragged_images_are_refused_with_the_way_out(rows: Any, first: int) -> None:
    images, layer = tf.RaggedTensor.from_row_lengths(rows, [2, 1]), kpool.head("l2_norm | mean")
    with pytest.raises(MaskError, match=r"not \(2, None, (None|2), 4\): pass inputs\.to_tensor\(\) and mask=tf\."):
        layer(images)
    padded, mask = images.to_tensor(), tf.ones_like(images[..., 0], "bool").to_tensor()
    expected = [layer(X[:1, :first])[0], layer(X[:1, first:])[0]]
    np.testing.assert_allclose(layer(padded, mask=mask), expected, rtol=1e-6, atol=1e-7)


def test_ragged_with_ragged_mask_and_weights() -> None:
    lengths = [4, 0, 6]
    given = {"mask": ragged(MASK, lengths), "weights": ragged(WEIGHTS, lengths)}
    rows = np.arange(6) < np.array(lengths)[:, None]
    np.testing.assert_array_equal(
        pooled("mean", ragged(X, lengths), **given), pooled("mean", mask=MASK & rows, weights=WEIGHTS)
    )


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize(
    ("batch", "steps"),
    [pytest.param(0, 5, id="no-example"), pytest.param(2, 0, id="no-step"), pytest.param(1, 1, id="one-of-each")],
)
def test_smallest_sizes(name: str, batch: int, steps: int) -> None:
    layer, x = kpool.pool(name), np.ones((batch, steps, 4), "float32")
    answer = keras.ops.convert_to_numpy(layer(x))
    assert answer.shape == (batch, layer.output_features(4))
    assert np.isfinite(answer).all()
    assert steps or not answer.any()
    np.testing.assert_array_equal(layer(x, mask=np.ones((batch, steps), bool)), answer)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_unknown_batch_and_steps(jit: bool) -> None:
    layer = kpool.pool("attention")
    signature = [tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None), tf.bool)]
    run = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=signature, jit_compile=jit)
    for batch, steps in ((3, 6), (1, 4), (2, 1)):
        x, mask = X[:batch, :steps], MASK[:batch, :steps]
        np.testing.assert_allclose(run(x, mask), layer(x, mask=mask), rtol=1e-6, atol=1e-7)


def test_predict_is_call() -> None:
    inputs = keras.Input((None, None, 4))
    layer = kpool.pool("stats(over=window(2, padding=same))")
    model, x = keras.Model(inputs, layer(inputs)), X[..., None, :].repeat(3, axis=2)
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-6, atol=1e-6)


# Masks


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(MASK.astype("int32"), id="int"),
        pytest.param(MASK.astype("uint8"), id="uint8"),
        pytest.param(MASK.astype("float32"), id="float"),
        pytest.param(MASK.tolist(), id="list"),
    ],
)
def test_masks_that_are_the_same(given: Any) -> None:
    np.testing.assert_array_equal(pooled("gem", mask=given), pooled("gem", mask=MASK))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(np.where(MASK, 0.0, -1e9), r"pass mask=\(additive == 0\)", id="additive"),
        pytest.param(MASK * 0.5, "for soft weights pass weights=", id="soft"),
        pytest.param(np.where(MASK, 1.0, np.nan), "other than 0 and 1", id="NaN"),
        pytest.param(MASK * 2, "mask of dtype int64 holds values other than 0 and 1", id="two"),
        pytest.param(MASK[:, :1], r"mask of shape \(3, 1\) .* give .* mask of shape \(3, 6\)", id="one-step"),
        pytest.param(MASK[:1], r"mask of shape \(1, 6\)", id="one-example"),
        pytest.param(np.ones((3, 7), bool), "must be shortened in the same way", id="a-step-too-many"),
        pytest.param(MASK[..., None], r"with mask\[..., 0\]", id="an-axis-too-many"),
        pytest.param(np.ones((3, 6, 6), bool), "an attention mask", id="attention"),
        pytest.param(np.ones(3, bool), r"mask of shape \(3\)", id="rank-1"),
        pytest.param(True, r"mask of shape \(\)", id="scalar"),
    ],
)
@pytest.mark.parametrize("build", [kpool.pool, kpool.head], ids=["pool", "head"])
def test_refuses_what_is_no_mask(build: Any, given: Any, says: str) -> None:
    with pytest.raises(MaskError, match=says):
        build("concat(mean)")(X, mask=given)


@pytest.mark.parametrize("shape", [(1,), (7,), (6, 1), (6, 6), ()], ids=str)
@pytest.mark.parametrize("argument", ["mask", "weights"])
@pytest.mark.parametrize("spec", ["mean", "concat(mean)"])
@pytest.mark.parametrize("build", [kpool.pool, kpool.head], ids=["pool", "head"])
def test_refuses_wrong_shapes_when_the_model_is_made(build: Any, spec: str, argument: str, shape: Any) -> None:
    with pytest.raises(MaskError, match=rf"{argument} of shape .* give one value for each element"):
        build(spec)(keras.Input((6, 4)), **{argument: keras.Input(shape)})


@pytest.mark.parametrize("given", [np.where(MASK, 0.0, -1e9), MASK * 0.5], ids=["additive", "soft"])
def test_graph_refuses_what_is_no_mask(given: np.ndarray) -> None:
    layer = kpool.pool("mean")
    with pytest.raises(tf.errors.InvalidArgumentError, match="other than 0 and 1"):
        tf.function(lambda x, mask: layer(x, mask=mask))(X, given.astype("float32"))


@pytest.mark.parametrize(
    "mask", [pytest.param(MASK[:, :1], id="would-count-all-or-none"), pytest.param(MASK[:1], id="of-one-example")]
)
@pytest.mark.parametrize("argument", ["mask", "weights"])
def test_graph_of_unknown_sizes_repeats_no_mask(argument: str, mask: np.ndarray) -> None:
    layer = kpool.pool("mean")
    signature = [tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None))]
    run = tf.function(lambda x, given: layer(x, **{argument: given}), input_signature=signature)
    np.testing.assert_allclose(run(X, MASK.astype("float32")), layer(X, mask=MASK), rtol=1e-6)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=f"{argument}: axis . has another length than in the input"
    ):
        run(X, mask.astype("float32"))


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("padding", [np.nan, np.inf, -np.inf, 3e38])
def test_what_stands_on_masked_elements_changes_nothing(name: str, padding: float) -> None:
    layer = kpool.pool(name)
    expected = layer(with_padding(0), mask=MASK)
    x = tf.Variable(with_padding(padding))
    with tf.GradientTape() as tape:
        answer = layer(x, mask=MASK)
        loss = tf.reduce_sum(answer**2)
    gradient, *of_weights = tape.gradient(loss, [x, *layer.trainable_variables])
    np.testing.assert_array_equal(answer, expected)
    assert not gradient.numpy()[~MASK].any()
    assert all(np.isfinite(g).all() for g in (gradient, *of_weights))


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("row", [0, 1, 2], ids=["right", "left", "gaps"])
def test_padding_is_cutting_short(name: str, row: int) -> None:
    layer = kpool.pool(name)
    cut = layer(X[row : row + 1, MASK[row]])
    given = layer(with_padding(np.nan)[row : row + 1], mask=MASK[row : row + 1])
    np.testing.assert_allclose(given, cut, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", SEVERAL)
def test_empty_row(name: str) -> None:
    layer = kpool.pool(name)
    marked = kpool.pool(f"{name}(empty_value=-7)")
    mask = MASK.copy()
    mask[1] = False
    expected, answer = layer(X, mask=MASK).numpy(), layer(X, mask=mask).numpy()
    assert not answer[1].any()
    np.testing.assert_array_equal(answer[[0, 2]], expected[[0, 2]])
    marked.build(X.shape)
    marked.set_weights(layer.get_weights())
    given = marked(X, mask=mask).numpy()
    assert (given[1] == -7).all()
    np.testing.assert_array_equal(given[[0, 2]], expected[[0, 2]])


@pytest.mark.parametrize("build", [kpool.pool, kpool.head], ids=["pool", "head"])
@pytest.mark.parametrize("spec", ["gem", "concat(mean, max)", "std(over=window(2))"])
def test_implicit_mask_is_explicit_mask(build: Any, spec: str) -> None:
    x = embedded()
    layer = build(spec)
    np.testing.assert_array_equal(layer(x), layer(x.numpy(), mask=TOKENS > 0))
    masked = np.where(MASK[..., None], X, 0)
    np.testing.assert_array_equal(layer(layers.Masking()(masked)), layer(masked, mask=MASK))


@pytest.mark.parametrize("build", [kpool.pool, kpool.head], ids=["pool", "head"])
@pytest.mark.parametrize("spec", ["mean(require_mask=true)", "concat(mean(require_mask=true), max)"])
def test_weights_do_not_lose_the_implicit_mask(build: Any, spec: str) -> None:
    """Keras hands the mask on by itself only where one tensor is given."""
    embedding, layer = layers.Embedding(9, 4, mask_zero=True), build(spec)
    expected = layer(embedding(TOKENS).numpy(), mask=TOKENS > 0, weights=WEIGHTS)
    np.testing.assert_array_equal(layer(embedding(TOKENS), weights=WEIGHTS), expected)
    tokens, weights = keras.Input((None,)), keras.Input((None,))
    model = keras.Model([tokens, weights], layer(embedding(tokens), weights=weights))
    np.testing.assert_array_equal(model.predict([TOKENS, WEIGHTS], verbose=0), expected)


@pytest.mark.parametrize("build", [kpool.pool, kpool.head], ids=["pool", "head"])
@pytest.mark.parametrize("spec", ["mean(require_mask=true)", "concat(max, mean(require_mask=true))"])
def test_lost_mask(build: Any, spec: str) -> None:
    with pytest.raises(MaskError, match=r"mean\(require_mask=true\) was given no mask.*pass mask= to this layer"):
        build(spec)(embedded() * 1.0)
    with pytest.raises(MaskError, match="was given no mask"):
        build(spec)(keras.Input((6, 4)))


def test_ragged_rows_are_a_mask() -> None:
    assert pooled("mean(require_mask=true)", ragged(X, [6, 6, 6])).shape == (3, 4)


@pytest.mark.parametrize("steps", [None, 6], ids=["unknown-steps", "known-steps"])
@pytest.mark.parametrize("over", ["window(2)", "window(2, padding=same)", "window(3, strides=2, padding=same)"])
def test_grid_keeps_a_mask(over: str, steps: int | None) -> None:
    embedding, layer = layers.Embedding(9, 4, mask_zero=True), kpool.pool(f"mean(over={over})")
    tokens = keras.Input((steps,))
    windows = layer(embedding(tokens))
    assert windows._keras_mask.shape == windows.shape[:-1]
    given = layer(embedding(TOKENS))
    np.testing.assert_array_equal(given._keras_mask, given.numpy().any(axis=-1))
    model = keras.Model(tokens, kpool.pool("mean")(windows))
    np.testing.assert_array_equal(model.predict(TOKENS, verbose=0)[2], np.zeros(4))


def test_no_mask_where_the_steps_are_gone() -> None:
    assert getattr(kpool.pool("mean")(embedded()), "_keras_mask", None) is None
    assert kpool.pool("mean").compute_mask(X, keras.ops.convert_to_tensor(MASK)) is None


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_trains_with_an_empty_row(jit: bool) -> None:
    keras.utils.set_random_seed(0)
    pooling = kpool.pool("concat(attention, gem, stats)")
    model = keras.Sequential([layers.Embedding(9, 8, mask_zero=True), pooling, layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=jit)
    tokens, y = TOKENS.repeat(4, axis=0), np.arange(12) % 2
    losses = model.fit(tokens, y, epochs=30, batch_size=12, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_time_distributed() -> None:
    layer = kpool.pool("attention")
    x, mask = np.stack([X, X[::-1]], axis=1), np.stack([MASK, MASK[::-1]], axis=1)
    given = layers.TimeDistributed(layer)(x, mask=mask)
    expected = np.stack([layer(x[:, i], mask=mask[:, i]) for i in range(2)], axis=1)
    np.testing.assert_array_equal(given, expected)


# Weights


def test_weights_are_multiplicities() -> None:
    x, weights = X[:1, :3], np.array([[2, 0, 3]], "float32")
    repeated = x[:, [0, 0, 2, 2, 2]]
    np.testing.assert_allclose(pooled("stats", x, weights=weights), pooled("stats", repeated), rtol=1e-6)
    nothing = np.where(weights[..., None] > 0, x, np.nan)
    np.testing.assert_array_equal(pooled("stats", nothing, weights=weights), pooled("stats", x, weights=weights))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_refuses_weights(wrong: float) -> None:
    with pytest.raises(MaskError, match="negative or infinite values or NaN: an element's weight is how often"):
        pooled("mean", weights=np.where(MASK, 1, wrong))


# Config


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(lambda: GeMPooling(), id="defaults"),
        pytest.param(lambda: GeMPooling(2, True, False, "signed"), id="by-position"),
        pytest.param(lambda: GeMPooling(p=np.float32(2), over="window([2, 3], padding=same)"), id="region-as-spec"),
        pytest.param(lambda: GeMPooling(over=Window(2), data_format="channels_first"), id="region"),
        pytest.param(lambda: GeMPooling(name="g", dtype="mixed_float16", empty_value=1, require_mask=True), id="keras"),
        pytest.param(lambda: MeanPooling(trainable=False, activity_regularizer="l2"), id="frozen"),
    ],
)
def test_config_round_trip(layer: Any) -> None:
    made = layer()
    config = json.loads(json.dumps(made.get_config()))
    again = type(made).from_config(config)
    assert again.get_config() == made.get_config() == config
    assert set(made.arguments) | {"name", "dtype", "trainable"} <= set(config)
    assert kpool.spec_of(again) == kpool.spec_of(made)
    assert kpool.spec_of(kpool.pool(kpool.spec_of(made))) == kpool.spec_of(made)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({"p": "3"}, r"gem: p must be float in \[1, 64\], not '3'", id="text-for-a-number"),
        pytest.param({"p": 0.5}, r"p must be float in \[1, 64\], not 0.5", id="out-of-bounds"),
        pytest.param({"p": True}, "p must be float in .*, not true", id="bool-for-a-number"),
        pytest.param({"per_channel": 1}, r"per_channel must be true \| false, not 1", id="number-for-a-bool"),
        pytest.param({"negatives": "clip"}, r"clamp \| signed \| error, not 'clip'; did you mean clamp\?", id="choice"),
        pytest.param({"empty_value": float("nan")}, "it must be finite", id="NaN"),
        pytest.param({"q": 3}, "unexpected keyword argument 'q'; it takes p, per_channel, .*data_format", id="unknown"),
        pytest.param({"over": "windo(2)"}, "no plugin gives 'windo'; did you mean window", id="region-misspelt"),
        pytest.param({"over": 3}, r"over takes a region, such as 'window\(2\)', not 3", id="no-region"),
        pytest.param({"data_format": "first"}, r"channels_last \| channels_first, not 'first'", id="data-format"),
    ],
)
def test_refuses_arguments_when_made(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        GeMPooling(**arguments)
    with pytest.raises(SpecError, match=says):
        GeMPooling.from_config(arguments)


def test_refuses_an_int_that_is_a_bool_and_too_many() -> None:
    with pytest.raises(SpecError, match="attention: heads must be int ≥ 1, not true"):
        AttentionPooling(heads=True)
    with pytest.raises(SpecError, match="mean: too many positional arguments; it takes over, empty_value"):
        MeanPooling(3)


@pytest.mark.parametrize("trainable", [True, False], ids=["learned", "constant"])
@pytest.mark.parametrize("frozen", [False, True], ids=["free", "frozen"])
def test_freezing_is_not_the_trainable_argument(trainable: bool, frozen: bool) -> None:
    layer = GeMPooling(trainable=trainable)
    layer.trainable = not frozen
    again = GeMPooling.from_config(layer.get_config())
    for gem in (layer, again):
        gem.build((None, 6, 4))
        assert gem.arguments["trainable"] == trainable
        assert len(gem.weights) == trainable
        assert len(gem.trainable_weights) == (trainable and not frozen)


def test_clone_model_keeps_what_is_frozen() -> None:
    inputs = keras.Input((None, 4))
    gem = GeMPooling(name="gem")
    model = keras.Model(inputs, layers.Dense(1, name="out")(gem(inputs)))
    gem.trainable = False
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert [w.path for w in clone.trainable_variables] == ["out/kernel", "out/bias"]
    np.testing.assert_array_equal(clone(X), model(X))


@NUMPY_COPY
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])  # noqa: S301
def test_copies(copied: Any) -> None:
    layer = AttentionPooling(heads=2, over=Window(2))
    expected = layer(X)
    np.testing.assert_array_equal(copied(layer)(X), expected)
    assert kpool.spec_of(copied(layer)) == kpool.spec_of(layer)


def test_strategy_that_is_not_finished() -> None:
    class Unfinished(kpool.Pooling):
        pass

    with pytest.raises(NotImplementedError, match="Unfinished must define lift and lower, or pool"):
        Unfinished()(X)
    with pytest.raises(SpecError, match="Unfinished: got an unexpected keyword argument 'p'"):
        Unfinished(p=3)
    with pytest.raises(KpoolError, match=r"no plugin gives .*Unfinished; register it with @kpool.strategy"):
        kpool.spec_of(Unfinished())


def test_strategy_of_a_dozen_words() -> None:
    class Wide(kpool.Pooling, name="wide"):
        def __init__(self, times: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.times = times

        def output_features(self, features: int) -> int:
            return self.times * features

        def make_weights(self, features: int) -> None:
            self.scale = self.add_weight(name="scale", shape=(features,), initializer="ones")

        def lift(self, x: Any) -> reductions.Sum:
            return reductions.Sum(keras.ops.tile(x * self.scale, (1, 1, self.times)))

    layer = Wide(2)
    assert layer(keras.Input((None, 4))).shape == (None, 8)
    np.testing.assert_allclose(layer(X), np.tile(X, 2).sum(axis=1), rtol=1e-5, atol=1e-6)
    assert Wide.from_config(layer.get_config()).times == 2
    with pytest.raises(SpecError, match="wide: missing a required argument: 'times'"):
        Wide()


def test_lift_must_give_reductions() -> None:
    class Forgetful(kpool.Pooling, name="forgetful"):
        def lift(self, x: Any) -> Any:
            return x * 2

    with pytest.raises(KpoolError, match=r"forgetful: lift gives reductions, as in return Mean\(x\), not EagerTensor"):
        Forgetful()(np.ones((1, 2, 3), "float32"))


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(KpoolError, match=r"mean pools real numbers, not .*complex64"):
        kpool.pool("mean")(np.ones((1, 2, 3), "complex64"))


def test_width_may_not_change_under_weights() -> None:
    layer = kpool.pool("gem(per_channel=true)")
    layer(np.ones((1, 2, 4), "float32"))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        layer(np.ones((1, 2, 1), "float32"))
