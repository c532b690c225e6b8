"""PyTorch Geometric's aggregations: a packed batch is a batch of one here, over=segments(n) with their index."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch_geometric.nn import aggr

import kpool

from .copying import drawn, matrix, pool, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4))
SORTED = np.array([0, 0, 0, 0, 0, 1, 2, 2, 2, 4, 4, 4])  # one alone in 1, none in 3
SHUFFLED = RNG.permutation(SORTED)
SETS = 5

either = pytest.mark.parametrize("ids", [SORTED, SHUFFLED], ids=["sorted", "in any order"])


def theirs(aggregation: Any, x: np.ndarray, ids: np.ndarray) -> torch.Tensor:
    """What the aggregation gives for each of the sets: (SETS, …)."""
    aggregation = aggregation.double().requires_grad_(False)
    return aggregation(torch.from_numpy(x), torch.from_numpy(ids), dim_size=SETS)


def ours(call: str, x: np.ndarray, ids: np.ndarray, weights: dict[str, Any] | None = None) -> np.ndarray:
    """What `call` gives, `gem(p=3)` say, over the segments."""
    name, _, arguments = call.partition("(")
    within = f"{arguments.removesuffix(')')}, " if arguments else ""
    return pool(f"{name}({within}over=segments({SETS}))", x[None], weights, regions=ids[None])[0]


@either
@pytest.mark.parametrize(
    ("spec", "aggregation"),
    [
        pytest.param("sum", aggr.SumAggregation(), id="sum"),
        pytest.param("mean", aggr.MeanAggregation(), id="mean"),
        pytest.param("max", aggr.MaxAggregation(), id="max"),
        pytest.param("min", aggr.MinAggregation(), id="min"),
        pytest.param("var", aggr.VarAggregation(), id="var"),
        pytest.param("std", aggr.StdAggregation(), id="std"),
        pytest.param("sqrt_mean", aggr.VariancePreservingAggregation(), id="variance preserving"),
        pytest.param("median(interpolation=lower)", aggr.MedianAggregation(), id="median, the lower one"),
        pytest.param("softmax", aggr.SoftmaxAggregation(), id="softmax"),
        pytest.param("softmax(temperature=-2.5)", aggr.SoftmaxAggregation(t=-2.5), id="softmax towards the least"),
    ],
)
def test_without_weights(spec: str, aggregation: Any, ids: np.ndarray) -> None:
    same(ours(spec, X, ids), theirs(aggregation, X, ids))


@either
def test_learned_temperatures(ids: np.ndarray) -> None:
    t = np.array([0.5, -1.0, 0.0, 3.0])
    aggregation = aggr.SoftmaxAggregation(learn=True, channels=4).double()
    aggregation.t.data = torch.from_numpy(t)
    same(ours("softmax(per_channel=true, trainable=true)", X, ids, {"t": t}), theirs(aggregation, X, ids))
    same(ours("auto_pool", X, ids, {"alpha": t}), theirs(aggregation, X, ids))


@either
@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantiles_stand_side_by_side(interpolation: str, ids: np.ndarray) -> None:
    # Nothing half-way, where "nearest" parts: see below
    q = [0.0, 0.3, 1.0] if interpolation == "nearest" else [0.0, 0.25, 0.5, 0.75, 1.0]
    aggregation = aggr.QuantileAggregation(q, interpolation=interpolation)
    same(ours(f"quantile(q={q}, interpolation={interpolation})", X, ids), theirs(aggregation, X, ids), rtol=1e-6)


def test_nearest_quantile_does_not_depend_on_the_sets_before() -> None:
    """Half-way between two they take the even place, counted through the packed batch: the same set has another
    quantile behind a set of one element. Ours counts within the set, as torch.quantile does."""
    pair, aggregation = np.array([[1.0], [2.0]]), aggr.QuantileAggregation(0.5, interpolation="nearest")
    first = theirs(aggregation, pair, np.array([0, 0]))[0].item()
    second = theirs(aggregation, np.concatenate([[[9.0]], pair]), np.array([0, 1, 1]))[1].item()
    assert (first, second) == (1, 2)
    assert ours("quantile(interpolation=nearest)", pair, np.array([0, 0]))[0].item() == 1
    behind = ours("quantile(interpolation=nearest)", np.concatenate([[[9.0]], pair]), np.array([0, 1, 1]))
    assert behind[1].item() == 1


@either
@pytest.mark.parametrize("p", [2.0, 3.0, 5.5], ids=lambda p: f"p={p}")
def test_power_mean_within_their_bounds(p: float, ids: np.ndarray) -> None:
    """PowerMean clamps, so that a set without elements has 1e-4^(1/p), 0.0464 for p = 3."""
    x, some = np.random.default_rng(1).uniform(0.5, 1.5, size=(12, 4)), np.arange(SETS) != 3
    given, answer = theirs(aggr.PowerMeanAggregation(p), x, ids), ours(f"gem(p={p}, trainable=false)", x, ids)
    same(answer[some], given[some])
    np.testing.assert_allclose(given[3], 1e-4 ** (1 / p))
    assert not answer[3].any()


@pytest.mark.parametrize(
    ("value", "bound"), [pytest.param(0.01, 1e-4, id="small values"), pytest.param(10.0, 100.0, id="large ones")]
)
def test_power_mean_outside_their_bounds(value: float, bound: float) -> None:
    """PowerMean clamps the mean of the powers as it does the values: no answer leaves [1e-4^(1/p), 100^(1/p)], which is
    [0.0464, 4.64] for p = 3. The power mean of equal values is that value."""
    x, ids = np.full((12, 4), value), np.zeros(12, int)
    np.testing.assert_allclose(theirs(aggr.PowerMeanAggregation(3.0), x, ids)[0], bound ** (1 / 3))
    same(ours("gem(p=3, trainable=false)", x, ids)[0], x[0])


def test_power_mean_that_learns_is_no_mean_at_one() -> None:
    """With p = 1 to begin with, theirs clamps what is below 0 and gem too; `negatives=signed` has the mean at p = 1."""
    ids = np.zeros(12, int)
    clamped = np.clip(X, 1e-4, 100).mean(axis=0)
    same(theirs(aggr.PowerMeanAggregation(learn=True), X, ids)[0], clamped)
    same(ours("gem(p=1)", X, ids, {"p": 1.0})[0], np.maximum(X, 1e-6).mean(axis=0))
    same(ours("gem(p=1, negatives=signed)", X, ids, {"p": 1.0})[0], X.mean(axis=0))
    assert np.abs(clamped - X.mean(axis=0)).min() > 0.1


def test_variance_far_from_zero() -> None:
    """E[x²] − E[x]² cancels: in float32 theirs is off by more than the variance, and below 0. Ours takes two passes."""
    x = (1e4 + np.random.default_rng(0).normal(size=(1000, 4))).astype("float32")
    ids, exact = np.zeros((1, 1000), int), x.astype("float64").var(axis=0)
    given = aggr.VarAggregation()(torch.from_numpy(x), torch.from_numpy(ids[0])).numpy()[0]
    assert np.abs(given - exact).min() > exact.max()
    assert given.min() < 0
    keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(kpool.pool("var(over=segments(1))")(x[None], regions=ids)[0, 0], exact, rtol=1e-5)


def test_small_deviations_are_not_zero() -> None:
    """Theirs is 0 below √1e-5."""
    x, ids = 0.003 * X, np.zeros(12, int)
    assert not theirs(aggr.StdAggregation(), x, ids).any()
    same(ours("std", x, ids)[0], x.std(axis=0))


def test_a_mean_in_half_precision() -> None:
    """Theirs adds up in float16, where 100 times 1000 is infinite."""
    x, ids = np.full((100, 1), 1000.0, "float16"), np.zeros((1, 100), int)
    assert torch.isinf(aggr.MeanAggregation()(torch.from_numpy(x), torch.from_numpy(ids[0]))).all()
    keras.config.set_dtype_policy("float16")
    assert np.asarray(kpool.pool("mean(over=segments(1))")(x[None], regions=ids)).item() == 1000


def recurrent(network: torch.nn.Module, gates: list[int], suffix: str, way: str) -> dict[str, Any]:
    """PyTorch's gates in our order, its two biases as one."""

    def ordered(weight: torch.Tensor) -> np.ndarray:
        parts = np.split(weight.numpy(), len(gates))
        return np.concatenate([parts[gate] for gate in gates])

    w, u, b, b_h = (
        ordered(getattr(network, f"{name}_l0{suffix}")) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    if len(gates) == 4:
        return {f"W_{way}": w.T, f"U_{way}": u.T, f"b_{way}": b + b_h}
    units = len(b) // 3  # the last third of b_h stays behind U, where the reset gate is taken to it
    b_both = b + np.concatenate([b_h[: 2 * units], np.zeros(units)])
    return {f"W_{way}": w.T, f"U_{way}": u.T, f"b_{way}": b_both, f"b_h_{way}": b_h[2 * units :]}


LSTM, GRU = [0, 1, 2, 3], [1, 0, 2]


@pytest.mark.parametrize(
    ("spec", "kind", "gates"),
    [
        pytest.param("lstm(units=3)", aggr.LSTMAggregation, LSTM, id="lstm"),
        pytest.param("gru(units=3, reset=after)", aggr.GRUAggregation, GRU, id="gru, reset after"),
    ],
)
def test_recurrent(spec: str, kind: Any, gates: list[int]) -> None:
    """They read the padding of a packed batch too: what a set gets depends on the longest beside it, and a set without
    elements gets something. Each set alone, theirs are ours; together, only for the longest."""
    aggregation = drawn(kind(4, 3))
    network = aggregation.lstm if gates is LSTM else aggregation.gru
    answer = ours(spec, X, SORTED, recurrent(network, gates, "", "forward"))
    together = aggregation(torch.from_numpy(X), torch.from_numpy(SORTED), dim_size=SETS).numpy()
    for one in (0, 1, 2, 4):
        x = X[one == SORTED]
        alone = aggregation(torch.from_numpy(x), torch.zeros(len(x), dtype=torch.int64))
        same(answer[one], alone[0])
    same(answer[0], together[0])
    assert np.abs(answer[[1, 2, 4]] - together[[1, 2, 4]]).max() > 0.1
    assert np.abs(together[3]).max() > 0.1
    assert not answer[3].any()


@pytest.mark.parametrize(
    ("spec", "network", "gates"),
    [
        pytest.param("lstm(units=3, bidirectional=true)", torch.nn.LSTM, LSTM, id="lstm"),
        pytest.param("gru(units=3, bidirectional=true, reset=after)", torch.nn.GRU, GRU, id="gru"),
    ],
)
def test_recurrent_both_ways(spec: str, network: Any, gates: list[int]) -> None:
    """The last state of either direction. LSTMAggregation(bidirectional=True) takes that of the way back at the last
    element: all it has read is that one."""
    theirs = drawn(network(4, 3, batch_first=True, bidirectional=True))
    weights = recurrent(theirs, gates, "", "forward") | recurrent(theirs, gates, "_reverse", "backward")
    last = theirs(torch.from_numpy(X[None]))[1]
    last = last[0] if gates is LSTM else last
    same(pool(spec, X[None], weights), torch.cat(list(last), dim=-1))


@either
@pytest.mark.parametrize("steps", [1, 4], ids=lambda steps: f"{steps} steps")
def test_set2set(steps: int, ids: np.ndarray) -> None:
    """Their set without elements has the LSTM's answer to nothing."""
    aggregation = drawn(aggr.Set2Set(4, steps))
    w = recurrent(aggregation.lstm, LSTM, "", "forward")
    weights = {"W": w["W_forward"], "U": w["U_forward"], "b": w["b_forward"]}
    given, some = theirs(aggregation, X, ids), np.arange(SETS) != 3
    answer = ours(f"set2set(steps={steps})", X, ids, weights)
    same(answer[some], given[some])
    assert given[3].abs().max() > 0.01
    assert not answer[3].any()


@either
def test_degree_scaler(ids: np.ndarray) -> None:
    """δ is the mean of log(n + 1) over the sets of the training data, here of 1, 3, 3 and 5."""
    names, scalers = ["mean", "max", "min", "std"], ["identity", "amplification", "attenuation"]
    aggregation = aggr.DegreeScalerAggregation(names, scalers, torch.tensor([0, 1, 0, 2, 0, 1]))
    layer = kpool.pool(f"degree_scaler(over=segments({SETS}))")
    layer.adapt(X[None], regions=ids[None])
    np.testing.assert_allclose(layer.delta, np.log([2, 4, 4, 6]).mean(), rtol=1e-12)
    same(layer(X[None], regions=ids[None])[0], theirs(aggregation, X, ids), rtol=1e-6)  # their δ is float32


def dense(inputs: int, outputs: int) -> torch.nn.Linear:
    return torch.nn.Linear(inputs, outputs)


@either
def test_deep_sets(ids: np.ndarray) -> None:
    """The set without elements has ρ(0) there."""
    φ = torch.nn.Sequential(dense(4, 6), torch.nn.ReLU(), dense(6, 5), torch.nn.ReLU())
    ρ = torch.nn.Sequential(dense(5, 7), torch.nn.ReLU(), dense(7, 3))
    aggregation = drawn(aggr.DeepSetsAggregation(φ, ρ))
    layers = {"phi_0": φ[0], "phi_1": φ[2], "rho_0": ρ[0], "rho_1": ρ[2]}
    weights = {f"W_{name}": matrix(one.weight) for name, one in layers.items()}
    weights |= {f"b_{name}": one.bias for name, one in layers.items()}
    given, answer = theirs(aggregation, X, ids), ours("deep_sets(phi=[6, 5], rho=[7, 3])", X, ids, weights)
    some = np.arange(SETS) != 3
    same(answer[some], given[some])
    same(given[3], ρ(torch.zeros(5, dtype=torch.float64)))
    assert not answer[3].any()


class Gate(torch.nn.Module):
    """vᵀ (tanh(V x) ⊙ σ(U x))"""

    def __init__(self) -> None:
        super().__init__()
        self.V, self.U, self.v = dense(4, 6), dense(4, 6), dense(6, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.v(torch.tanh(self.V(x)) * torch.sigmoid(self.U(x)))


@either
@pytest.mark.parametrize(
    ("spec", "gate", "names"),
    [
        pytest.param(
            "attention(units=6)",
            torch.nn.Sequential(dense(4, 6), torch.nn.Tanh(), dense(6, 1)),
            {"W": "0.weight", "b": "0.bias", "v": "2.weight"},
            id="attention",
        ),
        pytest.param(
            "gated_attention(units=6, use_bias=true)",
            Gate(),
            {"V": "V.weight", "U": "U.weight", "v": "v.weight", "b": "V.bias", "c": "U.bias"},
            id="gated attention",
        ),
        pytest.param(
            "vector_attention(units=6)",
            torch.nn.Sequential(dense(4, 6), torch.nn.ReLU(), dense(6, 4)),
            {"W_1": "0.weight", "b_1": "0.bias", "W_2": "2.weight"},
            id="a weight for each feature",
        ),
    ],
)
def test_attentional(spec: str, gate: torch.nn.Module, names: dict[str, str], ids: np.ndarray) -> None:
    """The last bias of a gate changes no softmax, and ours has none."""
    aggregation = drawn(aggr.AttentionalAggregation(gate))
    of = dict(gate.named_parameters())
    weights = {name: matrix(of[there]) if of[there].ndim == 2 else of[there] for name, there in names.items()}
    same(ours(spec, X, ids, weights), theirs(aggregation, X, ids))


@either
def test_several_side_by_side(ids: np.ndarray) -> None:
    each = [f"{name}(over=segments({SETS}))" for name in ("mean", "max", "std")]
    given = theirs(aggr.MultiAggregation(["mean", "max", "std"]), X, ids)
    same(pool(f"concat({', '.join(each)})", X[None], regions=ids[None])[0], given)
