"""PyTorch: adaptive pooling is `over=bins`, lp_pool is `lp`, max_unpool is MaxUnpooling, and where they part."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from kpool_plugins.vision.max_unpool import MaxUnpooling

from .copying import drawn, first, last, pool, same

RNG = np.random.default_rng(0)
LENGTHS = (1, 2, 3, 5, 7, 8, 10, 13)
BINS = (1, 2, 3, 4, 5, 7, 9, 13)


@pytest.mark.parametrize("mean", [True, False], ids=["mean", "max"])
@pytest.mark.parametrize("bins", BINS, ids=lambda bins: f"{bins} bins")
def test_adaptive_pooling_is_over_bins(bins: int, mean: bool) -> None:
    spec, theirs = ("mean", functional.adaptive_avg_pool2d) if mean else ("max", functional.adaptive_max_pool2d)
    for length in LENGTHS:
        x = RNG.normal(size=(2, length, 6, 3))
        same(pool(f"{spec}(over=bins([{bins}, 4]))", x), last(theirs(first(x), (bins, 4))))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        pytest.param((5,), 3, id="1-D"),
        pytest.param((5, 7), [None, 1], id="an axis kept, for strips"),
        pytest.param((5, 7), [1, None], id="the other axis kept"),
        pytest.param((5, 4, 7), [2, 3, 4], id="3-D"),
        pytest.param((5, 4, 7), 1, id="3-D, one bin: Keras 3.15.1 ends the process"),
        pytest.param((99991,), 7, id="a prime length"),
        pytest.param((600,), 599, id="nearly as many bins as positions"),
    ],
)
@pytest.mark.parametrize("mean", [True, False], ids=["mean", "max"])
def test_adaptive_pooling_of_every_rank(shape: tuple[int, ...], size: int | list[int | None], mean: bool) -> None:
    x = RNG.normal(size=(2, *shape, 3))
    theirs = getattr(functional, f"adaptive_{'avg' if mean else 'max'}_pool{len(shape)}d")
    spec = f"{'mean' if mean else 'max'}(over=bins({size}))".replace("None", "none")
    same(pool(spec, x), last(theirs(first(x), tuple(size) if isinstance(size, list) else size)))


@pytest.mark.parametrize(
    ("window", "theirs"),
    [
        pytest.param("window(2)", {"kernel_size": 2}, id="side by side"),
        pytest.param("window(3, strides=2)", {"kernel_size": 3, "stride": 2}, id="overlapping"),
        pytest.param("window(3, strides=1, dilation=2)", {"kernel_size": 3, "stride": 1, "dilation": 2}, id="dilated"),
        pytest.param("window(3, strides=2, padding=same)", {"kernel_size": 3, "stride": 2, "padding": 1}, id="padded"),
    ],
)
@pytest.mark.parametrize("axes", [1, 2, 3], ids=["1-D", "2-D", "3-D"])
def test_windows(window: str, theirs: dict[str, int], axes: int) -> None:
    x = RNG.normal(size=(2, *(7, 9, 5)[:axes], 3))
    same(pool(f"max(over={window})", x), last(getattr(functional, f"max_pool{axes}d")(first(x), **theirs)))
    if "dilation" not in theirs:
        given = getattr(functional, f"avg_pool{axes}d")(first(x), **theirs, count_include_pad=False)
        same(pool(f"mean(over={window})", x), last(given))


def test_padding_enters_no_mean() -> None:
    """By default PyTorch counts the padding: the mean of ones is 4/9 in a corner. Here it does not count."""
    ones = np.ones((1, 5, 5, 1))
    theirs = last(functional.avg_pool2d(first(ones), 3, 2, padding=1))
    np.testing.assert_allclose(theirs[0, 0, :, 0], [4 / 9, 6 / 9, 4 / 9])
    np.testing.assert_array_equal(pool("mean(over=window(3, strides=2, padding=same))", ones), np.ones((1, 3, 3, 1)))


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, 2.5], ids=lambda p: f"p={p}")
@pytest.mark.parametrize("axes", [1, 2, 3], ids=["1-D", "2-D", "3-D"])
def test_lp_pool_of_what_is_not_negative(p: float, axes: int) -> None:
    x = RNG.uniform(size=(2, *(6, 8, 4)[:axes], 3))
    theirs = getattr(functional, f"lp_pool{axes}d")(first(x), p, 3, 2)
    same(pool(f"lp(p={p}, over=window(3, strides=2))", x), last(theirs))


@pytest.mark.parametrize(
    ("p", "theirs", "ours"),
    [
        pytest.param(1.0, -1.0, 3.0, id="p = 1 is the sum, and no norm"),
        pytest.param(3.0, np.nan, 9 ** (1 / 3), id="an odd p has no root of a sum below 0"),
        pytest.param(2.5, np.nan, (1 + 2**2.5) ** 0.4, id="a fractional p is not a number"),
        pytest.param(2.0, 5**0.5, 5**0.5, id="an even p is the norm"),
    ],
)
def test_lp_pool_below_zero(p: float, theirs: float, ours: float) -> None:
    """PyTorch takes x^p where the p-norm (Sermanet et al. 2012) has |x|^p."""
    x = np.array([[[1.0], [-2.0]]])
    np.testing.assert_allclose(last(functional.lp_pool1d(first(x), p, 2)).item(), theirs)
    np.testing.assert_allclose(pool(f"lp(p={p}, over=window(2))", x).item(), ours, rtol=1e-12)


@pytest.mark.parametrize("u", [0.05, 0.5, 0.95], ids=lambda u: f"u={u}")
@pytest.mark.parametrize("k", [2, 3], ids=lambda k: f"ratio {k}")
@pytest.mark.parametrize("axes", [2, 3], ids=["2-D", "3-D"])
def test_fractional_max_pool_with_a_whole_ratio(axes: int, k: int, u: float) -> None:
    x = RNG.normal(size=(2, *(4 * k, 2 * k, 3 * k)[:axes], 3))
    samples = torch.full((2, 3, axes), u, dtype=torch.float64)
    size = (4, 2, 3)[:axes]
    theirs = getattr(functional, f"fractional_max_pool{axes}d")(first(x), k, output_size=size, _random_samples=samples)
    same(pool(f"fractional_max(over=fractional({float(k)}, u={u}))", x), last(theirs))


def test_fractional_max_pool_has_windows_of_one_size() -> None:
    """Graham's regions share the positions out, 1 or 2 to each; PyTorch's kernel takes 2 for each, some of them twice.

    Of 5 positions in 3 regions, with u = 0.5: theirs are 0-1, 2-3 and 3-4, ours 0-1, 2 and 3-4. Their sequence is of
    α = (5 − 2) / (3 − 1), the paper's of 5 / 3. The paper has overlapping regions too, but those end with the first
    position of the next: 0-2, 2-3 and 3-4 here.
    """
    x = np.array([5.0, 0, 0, 4, 1])
    x = np.broadcast_to(x[None, :, None, None], (1, 5, 5, 1))
    samples = torch.full((1, 1, 2), 0.5, dtype=torch.float64)
    theirs = last(functional.fractional_max_pool2d(first(x), 2, output_size=3, _random_samples=samples))
    np.testing.assert_array_equal(theirs[0, :, 0, 0], [5, 4, 4])
    np.testing.assert_array_equal(pool("fractional_max(over=fractional(1.6, u=0.5))", x)[0, :, 0, 0], [5, 0, 4])
    overlapping = pool("fractional_max(over=fractional(1.6, u=0.5, overlapping=true))", x)[0, :, 0, 0]
    np.testing.assert_array_equal(overlapping, [5, 4, 4])


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((6,), id="1-D"),
        pytest.param((7,), id="1-D, with a rest behind the last window"),
        pytest.param((6, 4), id="2-D"),
        pytest.param((7, 5), id="2-D, with rests"),
        pytest.param((4, 6, 5), id="3-D"),
    ],
)
@pytest.mark.parametrize("size", [2, 3])
def test_max_unpool(shape: tuple[int, ...], size: int) -> None:
    axes = len(shape)
    x = RNG.integers(0, 4, size=(2, *shape, 3)).astype("float64")  # with ties
    pooled, places = getattr(functional, f"max_pool{axes}d")(first(x), size, return_indices=True)
    pooled = torch.sin(pooled)  # whatever happened to it meanwhile
    theirs = getattr(functional, f"max_unpool{axes}d")(pooled, places, size, output_size=shape)
    same(MaxUnpooling(size)([last(pooled), x]), last(theirs))


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantile(interpolation: str) -> None:
    q = [0.0, 0.1, 0.25, 0.5, 0.625, 0.9, 1.0]
    for steps in (1, 2, 5, 8, 9):
        x = RNG.normal(size=(2, steps, 3))
        theirs = torch.quantile(
            torch.from_numpy(x), torch.tensor(q, dtype=torch.float64), dim=1, interpolation=interpolation
        )
        same(pool(f"quantile(q={q}, interpolation={interpolation})", x), torch.cat(list(theirs), dim=-1))


@pytest.mark.parametrize("steps", [1, 4, 5])
def test_median_is_the_lower_one(steps: int) -> None:
    x = RNG.normal(size=(2, steps, 3))
    same(pool("median(interpolation=lower)", x), torch.median(torch.from_numpy(x), dim=1).values)


@pytest.fixture
def attention() -> torch.nn.MultiheadAttention:
    return drawn(torch.nn.MultiheadAttention(8, 2, batch_first=True))


def ours(theirs: torch.nn.MultiheadAttention, p: np.ndarray) -> dict[str, np.ndarray]:
    w, b = theirs.in_proj_weight.numpy(), theirs.in_proj_bias.numpy()
    names = {"W_q": w[:8].T, "b_q": b[:8], "W_k": w[8:16].T, "W_v": w[16:].T, "b_v": b[16:]}
    return {"p": p, **names, "W_o": theirs.out_proj.weight.numpy().T, "b_o": theirs.out_proj.bias.numpy()}


@pytest.mark.parametrize("probes", [1, 3], ids=["one query", "three queries"])
def test_multihead_attention_of_learned_queries(attention: torch.nn.MultiheadAttention, probes: int) -> None:
    x, p = RNG.normal(size=(3, 6, 8)), RNG.normal(size=(probes, 8))
    mask = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 0, 1, 1]], bool)
    keys = torch.from_numpy(x)
    queries = torch.from_numpy(np.broadcast_to(p, (3, probes, 8)).copy())
    theirs = attention(queries, keys, keys, key_padding_mask=torch.from_numpy(~mask))[0].reshape(3, -1)
    same(pool(f"map(heads=2, mlp_ratio=0, probes={probes})", x, ours(attention, p), mask=mask), theirs)


def test_multihead_attention_to_nothing(attention: torch.nn.MultiheadAttention) -> None:
    """PyTorch's is NaN where all keys are masked; an empty bag has its empty_value here."""
    x, p = RNG.normal(size=(1, 6, 8)), RNG.normal(size=(1, 8))
    keys, none = torch.from_numpy(x), np.zeros((1, 6), bool)
    theirs = attention(torch.from_numpy(p[None]), keys, keys, key_padding_mask=torch.from_numpy(~none))[0]
    assert torch.isnan(theirs).all()
    assert not pool("map(heads=2, mlp_ratio=0)", x, ours(attention, p), mask=none).any()
