"""What branches cut alike is cut once, and what several ask of it is found once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool import registry
from kpool.cutting import Cutting
from kpool.errors import MaskError
from kpool.reductions import Moments, Sum

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 40, 4)).astype("float32")
MASK = np.arange(40) < np.array([[40], [25], [0]])
WEIGHTS = RNG.uniform(0.5, 2, size=(3, 40)).astype("float32")
IDS = np.sort(RNG.integers(0, 3, (3, 40)), axis=-1)


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[Any]:
    """Calls of a method, as they come."""
    calls, method = [], getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda self, *args, **kw: calls.append(self) or method(self, *args, **kw))
    return calls


def under_xla(layer: kpool.Pooling, x: Any, **given: Any) -> np.ndarray:
    compiled = tf.function(layer, jit_compile=True, autograph=False)
    return compiled(tf.constant(x), **{name: tf.constant(value) for name, value in given.items()}).numpy()


@pytest.mark.parametrize(
    ("spec", "cuts"),
    [
        ("concat(mean, max, std | l2_norm)", 1),
        ("concat(mean(over=window(2)), max(over=window(2)))", 1),
        ("concat(mean, max(require_mask=true), gem)", 1),
        ("concat(mean, l2_norm | mean)", 2),
        ("heads(a=mean, b=max(over=window(2)))", 2),
        ("concat(mean(over=window(2)), max(over=window(2, strides=2)))", 2),
    ],
)
def test_branches_that_cut_alike_share_their_bags(monkeypatch: pytest.MonkeyPatch, spec: str, cuts: int) -> None:
    calls = counted(monkeypatch, Cutting, "_bags")
    kpool.pool(spec)(X, mask=MASK, weights=WEIGHTS)
    assert len(calls) == cuts


@pytest.mark.parametrize(
    ("spec", "alone"),
    [
        ("concat(mean, max, std)", ["mean", "max", "std"]),
        ("concat(mean, std(ddof=1), mean, var, stats)", ["mean", "std(ddof=1)", "mean", "var", "stats"]),
        ("concat(mean, concat(std, mean), max)", ["mean", "std", "mean", "max"]),
        ("concat(l2_norm | std, mean)", ["l2_norm | std", "mean"]),
        ("concat(mean(over=bins(2)), std(over=bins(2)))", ["mean(over=bins(2))", "std(over=bins(2))"]),
        ("concat(mean(over=segments(3)), std(over=segments(3)))", ["mean(over=segments(3))", "std(over=segments(3))"]),
    ],
)
def test_under_xla_each_is_what_it_is_alone(spec: str, alone: list[str]) -> None:
    given = {"mask": MASK, "weights": WEIGHTS} | ({"regions": IDS} if "segments" in spec else {})
    expected = np.concatenate([kpool.head(branch)(X, **given) for branch in alone], axis=-1)
    np.testing.assert_allclose(under_xla(kpool.pool(spec), X, **given), expected, rtol=2e-5, atol=2e-6)


def test_under_xla_a_mean_is_that_of_the_deviation(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch, Moments, "_over")
    under_xla(kpool.pool("concat(mean, max, std, var)"), X, mask=MASK)
    assert len(calls) == 1
    under_xla(kpool.pool("concat(mean, max)"), X, mask=MASK)
    assert len(calls) == 1


def test_a_lift_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may add a loss, or draw."""
    monkeypatch.setattr(registry.default(), "_local", {})

    @kpool.strategy("adds_a_loss")
    class AddsALoss(kpool.Pooling):
        def lift(self, x: Any) -> Sum:
            self.add_loss(tf.reduce_sum(x))
            return Sum(x)

    layer = kpool.pool("concat(mean, adds_a_loss)")
    losses = tf.function(lambda x: (layer(x), layer.losses)[1], jit_compile=True, autograph=False)(tf.constant(X))
    assert len(losses) == 1


def test_each_branch_still_asks_for_its_mask() -> None:
    with pytest.raises(MaskError, match=r"max\(require_mask=true\) was given no mask"):
        kpool.pool("concat(mean, max(require_mask=true))")(X)
