"""Sums of products of features: matrices, one a bag, without a matrix for any element."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.ops.sums import sum_products
from kpool.reductions.base import Reduction, State
from kpool.reductions.moments import Moments, joined

_BLOCK = 32


class Products(Reduction):
    """Σ a xᵀ: of (…, rows) and (…, features), (batch, *grid, rows, features)."""

    def __init__(self, a: Tensor, x: Tensor) -> None:
        self.a = a
        self.x = x

    def state(self, bags: Bags) -> State:
        a, x = (bags.line_up(t, 0.0) for t in (self.a, self.x))
        return {"products": sum_products(a * bags.lined_weights, x, _BLOCK)}

    def merge(self, a: State, b: State) -> State:
        return {"products": a["products"] + b["products"]}

    def value(self, state: State) -> Tensor:
        return state["products"]


class GramValue(NamedTuple):
    """Σ x xᵀ of a bag as two summands: `coarse` is as a rule without an error, `rest` below a hundredth."""

    coarse: Tensor
    rest: Tensor


class Gram(Reduction):
    """Σ x xᵀ, (batch, *grid, features, features), good where products cancel: a root magnifies what is left of them.

    x = h + r, where h keeps so few digits that float32 sums 1024 of its products without an error; r is 2⁻⁷ as large.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        x = bags.line_up(self.values, 0.0)
        h, weights = kops.stop_gradient(_coarse(x, bags.axis)), bags.lined_weights
        rest = x - h
        half = sum_products((h + rest / 2) * weights, rest, _BLOCK)
        return {"coarse": sum_products(h * weights, h, _BLOCK), "rest": half + kops.swapaxes(half, -1, -2)}

    def merge(self, a: State, b: State) -> State:
        return {name: a[name] + b[name] for name in a}

    def value(self, state: State) -> GramValue:
        return GramValue(state["coarse"], state["rest"])


class SecondMomentValue(NamedTuple):
    """n, μ and Σ (x − μ)(x − μ)ᵀ of a bag."""

    count: Tensor
    mean: Tensor
    products: Tensor

    @property
    def covariance(self) -> Tensor:
        """Σ (x − μ)(x − μ)ᵀ / n"""
        return ops.divide(self.products, ops.expand(self.count, self.products))


class SecondMoment(Moments):
    """n, μ = Σ x / n and Σ (x − μ)(x − μ)ᵀ, (batch, *grid, features, features); merged as the moments are."""

    def tells_mean(self, values: Tensor) -> bool:
        return False  # it takes two readings to find it

    def over(self, bags: Bags) -> SecondMomentValue:  # type: ignore[override]
        return self.value(self.state(bags))  # of a guessed mean, the products would have to be corrected

    def state(self, bags: Bags) -> State:
        state = super().state(bags)
        mean, rest = (kops.expand_dims(state[name], bags.axis) for name in ("mean", "rest"))
        apart = bags.line_up(self.values, 0.0) - mean - rest
        return {**state, "products": sum_products(apart * bags.lined_weights, apart, _BLOCK)}

    def merge(self, a: State, b: State) -> State:
        of_a = a["count"]
        _, apart, share = joined(a, b, of_a, b["count"])
        between = kops.expand_dims(apart * share * of_a, -1) * kops.expand_dims(apart, -2)
        return {**super().merge(a, b), "products": a["products"] + b["products"] + between}

    def value(self, state: State) -> SecondMomentValue:  # type: ignore[override]
        return SecondMomentValue(state["count"], state["mean"] + state["rest"], state["products"])


def _coarse(x: Tensor, axis: int) -> Tensor:
    """x to about 7 binary digits below each bag's largest |x|: what is left of them beside a number 2¹⁷ times that."""
    large = 2.0**17 * ops.greatest(kops.abs(x), (axis, -1), keepdims=True, initial=0)
    # The maximum changes nothing, but parts the sum and the difference: a compiler would take both away
    return kops.maximum(x + large, 0) - large
