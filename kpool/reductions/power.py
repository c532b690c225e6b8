"""The power mean."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function
from kpool.guess import Guess, is_sound
from kpool.ops import Tensor, Tensors
from kpool.ops.safe import least_normal
from kpool.reductions.base import Reduction, State

_TRACE = 1.1e-30
"""Added to every power but that of 0: a sum that is 0 is one of nothing else."""


class PowerMean(Reduction):
    """(Σ sgn(x) |x|^p / n)^(1/p), the root taken with the sign of the mean.

    The bag's largest |x| is divided out before the power and multiplied in after it, so that nothing overflows. Where
    bags guess, this is left until something did.
    """

    def __init__(self, values: Tensor, p: Tensor | float) -> None:
        self.values = values
        self.p = p

    def over(self, bags: Bags) -> Tensor:
        if not bags.guesses:
            return super().over(bags)
        if ops.is_whole(self.p):
            guess = self._guess(bags, lambda inverse, sums, n: self._value(n, inverse[0], sums[0]), both=False)
            return bags.guessed(self.values, of=self._traced, slope=self._slope, guess=guess, others=[bags.count])
        p = kops.convert_to_tensor(self.p, dtype=self.values.dtype)
        fixed = kops.stop_gradient(p)

        def value(inverse: Tensors, sums: Tensors, count: Tensor, p: Tensor) -> Tensor:
            total = _sloped(sums[0], p + kops.zeros_like(sums[0]), sums[1])
            return type(self)(self.values, p)._value(count, inverse[0], total)

        of, slope = _powers_along(fixed)
        guess = self._guess(bags, value, both=True)
        return bags.guessed(self.values, of=of, slope=slope, guess=guess, others=[bags.count, p])

    def state(self, bags: Bags) -> State:
        inverse = _inverse(bags, self.values)
        slope = self._slope if ops.is_whole(self.p) else None
        total = bags.sum(self.values, of=self._power, given=[inverse], slope=slope)
        return _state(bags.count, inverse, total)

    def merge(self, a: State, b: State) -> State:
        scale = kops.maximum(a["scale"], b["scale"])
        rescaled = (s["sum"] * ops.power(ops.divide(s["scale"], scale), self.p) for s in (a, b))
        return {"count": a["count"] + b["count"], "scale": scale, "sum": sum(rescaled)}

    def value(self, state: State) -> Tensor:
        mean = ops.divide(state["sum"], ops.expand(state["count"], state["sum"]))
        return state["scale"] * kops.sign(mean) * ops.root(kops.abs(mean), self.p)

    def _value(self, count: Tensor, inverse: Tensor, total: Tensor) -> Tensor:
        return self.value(_state(count, inverse, total))

    def _guess(self, bags: Bags, value: Function, *, both: bool) -> Guess:
        def serves(_: Tensors, sums: Tensors) -> Tensor:
            size = kops.abs(sums[0])
            return kops.logical_or(kops.equal(size, 0), is_sound(size))

        return Guess([1.0], serves, lambda x: [_inverse(bags, x)], value, both)

    def _power(self, x: Tensor, inverse: Tensor) -> Tensor:
        scaled = kops.abs(x) * inverse
        return _signed(ops.power(scaled, self.p) if ops.is_whole(self.p) else _exp_log(scaled, self.p)[1], x)

    def _traced(self, x: Tensor, inverse: Tensor) -> Tensor:
        return _with_trace(self._power(x, inverse), x)

    def _slope(self, x: Tensor, inverse: Tensor, of_sum: Tensor) -> tuple[Tensor]:
        """p |x|^(p − 1), for a constant p"""
        return (of_sum * inverse * self.p * ops.power(kops.abs(x) * inverse, self.p - 1),)


def _powers_along(p: Tensor) -> tuple[Function, Function]:
    """sgn(x) |x|^p and its slope along p, sgn(x) |x|^p log |x|; and the slope of both along x.

    e^(p log x) costs a fourth of XLA's power. It errs by eps p log x, as much as a rounded p does.
    """

    def powers(x: Tensor, inverse: Tensor) -> tuple[Tensor, Tensor]:
        logs, power = _exp_log(kops.abs(x) * inverse, p)
        return _with_trace(_signed(power, x), x), _signed(power * logs, x)

    def slope(x: Tensor, inverse: Tensor, of_sum: Tensor, of_along_p: Tensor) -> tuple[Tensor]:
        logs, power = _exp_log(kops.abs(x) * inverse, p - 1)
        return (inverse * power * (of_sum * p + of_along_p * (1 + p * logs)),)

    return powers, slope


def _sloped(total: Tensor, p: Tensor, along_p: Tensor) -> Tensor:
    """total + (p − p₀) · its slope along p, at p = p₀: the total; the slope nobody asks for before a gradient."""

    @kops.custom_gradient
    def sloped(total: Tensor, p: Tensor, along_p: Tensor) -> tuple[Tensor, Function]:
        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            known = kops.where(kops.isfinite(along_p), along_p, kops.zeros_like(along_p))
            return upstream, upstream * known, upstream * (p - kops.stop_gradient(p))

        return total, gradient

    return sloped(total, p, along_p)


def _state(count: Tensor, inverse: Tensor, total: Tensor) -> State:
    return {"count": count, "scale": ops.divide(kops.ones_like(inverse), inverse), "sum": total}


def _inverse(bags: Bags, x: Tensor) -> Tensor:
    """1 by the largest |x|, no subnormal; 0 for an empty bag, 1 where infinity or NaN is to show in the answer."""
    largest = kops.stop_gradient(bags.max(x, of=kops.abs))
    scale = kops.where(kops.isfinite(largest), largest, kops.cast(largest != -float("inf"), largest.dtype))
    least = least_normal(scale)
    return kops.sign(scale) / kops.clip(scale, least, 1 / least)


def _with_trace(y: Tensor, x: Tensor) -> Tensor:
    return y + kops.where(kops.equal(x, 0), kops.zeros_like(y), kops.cast(_TRACE, y.dtype))


def _signed(y: Tensor, x: Tensor) -> Tensor:
    """y with the sign of x."""
    return kops.where(x < 0, -y, y)


def _exp_log(x: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """log x and x^p for x > 0; 0 and 0 for x = 0."""
    zero = x <= 0
    logs = kops.log(kops.where(zero, kops.ones_like(x), x))
    power = kops.exp(p * logs)
    return logs, kops.where(zero, kops.zeros_like(x), power)
