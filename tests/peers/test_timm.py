"""timm's pooling layers, with their weights laid over ours."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from keras import ops as kops
from timm.layers import BlurPool2d, LsePlus1d, LsePlus2d, SelectAdaptivePool2d, SimPool1d, SimPool2d
from timm.layers.attention_pool import AttentionPoolLatent
from timm.layers.attention_pool2d import AttentionPool2d
from timm.layers.median_pool import MedianPool2d
from timm.layers.pool1d import global_pool_nlc
from timm.models.cait import LayerScaleBlockClassAttn
from torch.nn import functional

import kpool
from kpool.errors import SpecError

from .copying import drawn, first, last, matrix, pool, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 8))
MAP = RNG.normal(size=(2, 6, 4, 8))
LAYER_NORM = partial(torch.nn.LayerNorm, eps=1e-6)  # as their transformers have it, and as big_vision


def latent(theirs: AttentionPoolLatent) -> dict[str, Any]:
    kv, b_kv = matrix(theirs.kv.weight), np.zeros(16) if theirs.kv.bias is None else theirs.kv.bias.numpy()
    q = theirs.q
    projected = isinstance(q, torch.nn.Linear)
    weights = {
        "p": theirs.latent[0],
        "W_q": matrix(q.weight) if projected else np.eye(8),
        "b_q": q.bias if projected and q.bias is not None else np.zeros(8),
        "W_k": kv[:, :8],
        "W_v": kv[:, 8:],
        "b_v": b_kv[8:],
        "W_o": matrix(theirs.proj.weight) if theirs.mlp else np.eye(8),
        "b_o": theirs.proj.bias if theirs.mlp else np.zeros(8),
    }
    if theirs.mlp is None:
        return weights
    norm, one, two = theirs.norm, theirs.mlp.fc1, theirs.mlp.fc2
    mlp = {"W_1": matrix(one.weight), "b_1": one.bias, "W_2": matrix(two.weight), "b_2": two.bias}
    return {**weights, **mlp, "scale": norm.weight, "offset": norm.bias}


@pytest.mark.parametrize(
    ("given", "spec"),
    [
        pytest.param({"num_heads": 1}, "map(heads=1, activation=gelu)", id="one head"),
        pytest.param({"num_heads": 4}, "map(heads=4, activation=gelu)", id="four heads"),
        pytest.param(
            {"num_heads": 2, "mlp_ratio": 3.7362}, "map(heads=2, mlp_ratio=3.7362, activation=gelu)", id="so400m"
        ),
        pytest.param({"num_heads": 2, "qkv_bias": False}, "map(heads=2, activation=gelu)", id="no bias"),
        pytest.param({"num_heads": 2, "q_proj": False}, "map(heads=2, activation=gelu)", id="the latent is the query"),
        pytest.param({"num_heads": 2, "out_features": 0}, "map(heads=2, mlp_ratio=0)", id="attention alone"),
    ],
)
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_latent_attention_is_map(given: dict[str, Any], spec: str, masked: bool) -> None:
    theirs = drawn(AttentionPoolLatent(8, norm_layer=LAYER_NORM, **given))
    mask = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0]], bool) | (not masked)
    answer = theirs(torch.from_numpy(X), attn_mask=torch.from_numpy(mask[:, None, None]))
    same(pool(spec, X, latent(theirs), mask=mask), answer)


@pytest.mark.parametrize("kind", ["token", "avg"])
def test_several_latents_stand_side_by_side(kind: str) -> None:
    """timm gives the first latent's answer, or their mean; ours are all there."""
    theirs = drawn(AttentionPoolLatent(8, num_heads=2, latent_len=3, pool_type=kind, norm_layer=LAYER_NORM))
    ours = pool("map(heads=2, probes=3, activation=gelu)", X, latent(theirs)).reshape(3, 3, 8)
    same(ours[:, 0] if kind == "token" else ours.mean(axis=1), theirs(torch.from_numpy(X)))


def test_latent_attention_to_nothing() -> None:
    """Where no token counts, timm says what its biases do, as if something were there; ours says empty_value."""
    theirs, none = drawn(AttentionPoolLatent(8, num_heads=2, norm_layer=LAYER_NORM)), np.zeros((3, 6), bool)
    assert theirs(torch.from_numpy(X), attn_mask=torch.from_numpy(none[:, None, None])).abs().min() > 0
    assert not pool("map(heads=2, activation=gelu)", X, latent(theirs), mask=none).any()


@pytest.mark.parametrize("separate", [False, True], ids=["one matrix for q, k and v", "three"])
@pytest.mark.parametrize(
    ("shape", "tolerance"),
    [
        pytest.param((6, 4), 1e-10, id="the grid of P"),
        pytest.param((12, 8), 1e-5, id="a larger grid"),
        pytest.param((3, 2), 1e-5, id="a smaller grid, smoothed"),
        pytest.param((5, 7), 1e-5, id="larger one way, smaller the other"),
        pytest.param((1, 1), 1e-5, id="a single element"),
    ],
)
def test_attention_pool_2d_is_clip_attention(shape: tuple[int, int], tolerance: float, separate: bool) -> None:
    """They resample P in float32: where it is resampled, no more digits are alike."""
    theirs = drawn(AttentionPool2d(8, (6, 4), out_features=5, num_heads=2, qkv_separate=separate))
    x = RNG.normal(size=(2, *shape, 8))
    if separate:
        parts = [(part.weight, part.bias) for part in (theirs.q, theirs.k, theirs.v)]
    else:
        parts = list(zip(theirs.qkv.weight.split(8), theirs.qkv.bias.split(8), strict=True))
    (w_q, b_q), (w_k, _), (w_v, b_v) = parts
    weights = {"P": theirs.pos_embed, "W_q": matrix(w_q), "b_q": b_q, "W_k": matrix(w_k), "W_v": matrix(w_v)}
    weights = {**weights, "b_v": b_v, "W_o": matrix(theirs.proj.weight), "b_o": theirs.proj.bias}
    ours = pool("clip_attention([6, 4], heads=2, units=5)", x, weights)
    same(ours, theirs(first(x)), rtol=tolerance, atol=tolerance)


def simpool(theirs: SimPool1d) -> dict[str, Any]:
    norm = theirs.norm
    return {"W_q": matrix(theirs.q.weight), "W_k": matrix(theirs.k.weight), "scale": norm.weight, "offset": norm.bias}


@pytest.mark.parametrize("heads", [1, 4], ids=["one head", "four heads"])
@pytest.mark.parametrize("gamma", [1.25, 2.0, 3.0], ids=lambda gamma: f"gamma={gamma}")
def test_simpool_with_the_minimum_of_each_channel(gamma: float, heads: int) -> None:
    """timm adds 10⁻⁶ to z − m: by so much, and no more, is its answer greater."""
    theirs = drawn(SimPool1d(8, heads, gamma=gamma, norm_layer=LAYER_NORM))
    ours = pool(f"simpool(heads={heads}, gamma={gamma}, minimum=channel)", X, simpool(theirs))
    apart = theirs(torch.from_numpy(X)).numpy() - ours
    assert apart.min() > -1e-12
    assert apart.max() < 1.001e-6


@pytest.mark.parametrize("heads", [1, 4], ids=["one head", "four heads"])
def test_simpool_without_gamma(heads: int) -> None:
    theirs = drawn(SimPool1d(8, heads, norm_layer=LAYER_NORM))
    same(pool(f"simpool(heads={heads}, gamma=none)", X, simpool(theirs)), theirs(torch.from_numpy(X)))
    theirs = drawn(SimPool2d(8, heads, norm_layer=LAYER_NORM))
    same(pool(f"simpool(heads={heads}, gamma=none)", MAP, simpool(theirs)), theirs(first(MAP)))


def test_simpool_with_the_minimum_of_the_bag() -> None:
    """Eq. 15 of the paper subtracts one number, min z; timm one a channel. Both depend on the bag alone."""
    theirs = drawn(SimPool1d(8, gamma=2.0, norm_layer=LAYER_NORM))
    paper, channel = (pool(f"simpool(minimum={m})", X, simpool(theirs)) for m in ("bag", "channel"))
    assert np.abs(paper - theirs(torch.from_numpy(X)).numpy()).max() > 0.1
    same(channel, theirs(torch.from_numpy(X)), atol=1.001e-6)
    alone = pool("simpool(minimum=bag)", X[:1], simpool(theirs))
    same(alone, paper[:1])


@pytest.mark.parametrize("r", [0.1, 1.0, 10.0, 1000.0], ids=lambda r: f"r={r}")
def test_lse_plus_is_lse(r: float) -> None:
    x, m = 3 * X, 3 * MAP
    same(pool(f"lse(r={r})", x), LsePlus1d(r, False, dtype=torch.float64)(torch.from_numpy(x)))
    same(pool(f"lse(r={r})", m), LsePlus2d(r, False, dtype=torch.float64)(first(m)))


@pytest.mark.parametrize(("r", "theirs"), [(0.0, np.nan), (-100.0, -np.inf)], ids=["r = 0", "r < 0"])
def test_lse_plus_may_learn_what_has_no_answer(r: float, theirs: float) -> None:
    """timm's r is free; r ≤ 0 is refused here, and a learned r stays in [0.001, 1000]."""
    x = np.array([[[-10.0], [10.0]]])
    given = LsePlus1d(r, False, dtype=torch.float64)(torch.from_numpy(x)).item()
    np.testing.assert_array_equal(given, theirs)
    with pytest.raises(SpecError, match="r"):
        kpool.pool(f"lse(r={r})")
    layer = kpool.pool("lse(trainable=true)")
    layer.build(x.shape)
    layer.r.assign(layer.r.constraint(kops.convert_to_tensor(r)))
    assert np.isfinite(np.asarray(layer(x))).all()


@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_blur_of_a_reflected_map(size: int, stride: int) -> None:
    """The kernel is the same; timm reflects the map at its borders, which is left to the caller here."""
    theirs, x = BlurPool2d(8, size, stride).double(), RNG.normal(size=(2, 8, 7, 8))
    margin = theirs.padding[0]
    reflected = np.pad(x, [(0, 0), (margin, margin), (margin, margin), (0, 0)], mode="reflect")
    same(pool(f"blur(over=window({size}, strides={stride}))", reflected), last(theirs(first(x))), rtol=1e-6)


def test_blur_in_the_inside_of_a_map() -> None:
    x = RNG.normal(size=(2, 9, 11, 8))
    ours, theirs = pool("blur", x), last(BlurPool2d(8).double()(first(x)))
    same(ours[:, 1:-1, 1:-1], theirs[:, 1:-1, 1:-1], rtol=1e-6)
    assert np.abs(ours - theirs).max() > 0.1


def test_blur_with_constant_padding_darkens_the_border() -> None:
    """timm's `blurpc` averages zeros in: a map of ones has 9/16 in its corners. Here it does not count."""
    ones = np.ones((1, 5, 5, 1))
    theirs = last(BlurPool2d(1, pad_mode="constant").double()(first(ones)))
    np.testing.assert_allclose(theirs[0, 0, :, 0], [9 / 16, 12 / 16, 9 / 16])
    np.testing.assert_allclose(pool("blur", ones), np.ones((1, 3, 3, 1)), rtol=1e-15)


@pytest.mark.parametrize(("size", "margin"), [(3, 1), (2, 0)], ids=["odd", "even, the lower of the middle two"])
def test_median_pool_of_a_reflected_map(size: int, margin: int) -> None:
    theirs = last(MedianPool2d(size, 1, padding=margin)(first(MAP)))
    reflected = np.pad(MAP, [(0, 0), (margin, margin), (margin, margin), (0, 0)], mode="reflect")
    same(pool(f"median(interpolation=lower, over=window({size}, strides=1))", reflected), theirs)


def cait(blocks: list[LayerScaleBlockClassAttn], token: torch.Tensor) -> dict[str, Any]:
    weights = {"c": token[0, 0]}
    for i, block in enumerate(blocks):
        attention, mlp = block.attn, block.mlp
        linear = {"q": attention.q, "v": attention.v, "o": attention.proj, "1": mlp.fc1, "2": mlp.fc2}
        for letter, one in linear.items():
            weights |= {f"W_{letter}_{i}": matrix(one.weight), f"b_{letter}_{i}": one.bias}
        weights |= {f"W_k_{i}": matrix(attention.k.weight), f"gain_a_{i}": block.gamma_1, f"gain_m_{i}": block.gamma_2}
        for letter, norm in {"z": block.norm1, "c": block.norm2}.items():
            weights |= {f"scale_{letter}_{i}": norm.weight, f"offset_{letter}_{i}": norm.bias}
    return weights


@pytest.mark.parametrize("blocks", [1, 2], ids=["one block", "two blocks"])
def test_class_attention_of_cait(blocks: int) -> None:
    both = drawn(
        torch.nn.ModuleList(
            LayerScaleBlockClassAttn(8, num_heads=2, qkv_bias=True, norm_layer=LAYER_NORM) for _ in range(blocks)
        )
    )
    token = torch.from_numpy(RNG.normal(size=(1, 1, 8)))
    c = token.expand(3, 1, 8)
    for block in both:
        c = block(torch.from_numpy(X), c)
    same(pool(f"cls_attention(blocks={blocks}, heads=2)", X, cait(list(both), token)), c[:, 0])


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        pytest.param("avg", "mean", id="avg"),
        pytest.param("max", "max", id="max"),
        pytest.param("avgmax", "mixed", id="avgmax is mixed before it has learned"),
        pytest.param("catavgmax", "concat(mean, max)", id="catavgmax"),
        pytest.param("token", "first", id="token"),
    ],
)
def test_names_of_plain_pooling(kind: str, spec: str) -> None:
    if kind != "token":
        same(kpool.pool(spec)(MAP), SelectAdaptivePool2d(pool_type=kind, flatten=True)(first(MAP)))
        fast = SelectAdaptivePool2d(pool_type=f"fast{kind}", flatten=True, input_fmt="NHWC")
        same(kpool.pool(spec)(MAP), fast(torch.from_numpy(MAP)))
    if kind != "catavgmax":
        same(kpool.pool(spec)(X), global_pool_nlc(torch.from_numpy(X), kind, num_prefix_tokens=0))


def test_prefix_tokens_are_masked() -> None:
    """timm counts them off from the front; a mask says so of any token."""
    mask = np.broadcast_to(np.arange(6) >= 2, (3, 6))
    same(kpool.pool("mean")(X, mask=mask), global_pool_nlc(torch.from_numpy(X), "avg", num_prefix_tokens=2))


def test_max_blur_in_the_inside_of_a_map() -> None:
    """It is a dense maximum, and the blur behind it."""
    x = RNG.normal(size=(2, 9, 9, 8))
    dense = functional.max_pool2d(first(x), 3, 1, padding=1)
    theirs = last(BlurPool2d(8)(dense.float())).astype("float64")
    same(pool("max_blur(size=3)", x)[:, 1:-1, 1:-1], theirs[:, 1:-1, 1:-1], rtol=1e-5)
