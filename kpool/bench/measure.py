"""Times a pooling in every mode, beside its limit and other libraries, once its answers are found to be right."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import keras
import numpy as np
from keras import ops as kops

from kpool.bench import backend, clock, limits
from kpool.bench.peers.installed import peers
from kpool.bench.results import PeerTiming, Row, Timing
from kpool.bench.run import FORWARD, GRADIENTS, Array, Run
from kpool.bench.work import Work, timed
from kpool.errors import KpoolError
from kpool.pooling import Pooling
from kpool.region.base import Shape

PREDICT = "predict"
MODES = (*backend.MODES, PREDICT)

ROWS = 2
"""Of so many examples the answers are held to what float64 gives, op by op."""

ALLOWED = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 2e-2}
"""How far from it, as a share of the greatest. What is further away is wrong, and not timed."""


class WrongAnswerError(KpoolError):
    """An answer is not that of the formula."""


@dataclass(frozen=True)
class Bench:
    """How to time: in which modes, beside other libraries or not, in how many rounds."""

    modes: Sequence[str] = MODES
    beside_peers: bool = False
    rounds: int = 15

    @property
    def times(self) -> list[str]:
        """What is timed of a pooling."""
        return [FORWARD, GRADIENTS] if set(self.modes) - {PREDICT} else [FORWARD]

    def row(self, work: Work, what: str, held: float | None = None) -> Row:
        """Time it.

        Args:
            held: The memory it needs, as `Row` has it.

        Raises:
            WrongAnswerError: an answer of ours is.
        """
        layer = work.layer()
        ours = {mode: run for mode, run in _runs(work, layer, what).items() if mode in self.modes}
        theirs = peers(work, layer, what) if self.beside_peers else {}
        tasks = {**ours, **theirs, "limit": _limit(work, layer, what)}
        first = {name: clock.seconds(task) + clock.seconds(task) for name, task in tasks.items()}
        agrees = _held(work, layer, what, ours, theirs)
        taken = clock.in_turns(tasks, self.rounds)
        modes = {mode: _timing(taken[mode], taken["limit"], first[mode]) for mode in ours}
        best = min(modes, key=lambda mode: modes[mode].ratio)
        return Row(
            work.spec,
            what,
            _ms(taken["limit"]),
            held,
            modes,
            {name: _beside(taken[_like(name, best, modes)], taken[name], agrees[name]) for name in theirs},
        )


def _runs(work: Work, layer: Pooling, what: str) -> dict[str, Run]:
    """The layer in every mode."""
    x = work.given.tensor()
    function = timed(layer, work.arguments(), what)
    runs = {
        mode: Run(functools.partial(compiled(function), x), backend.wait, backend.read)
        for mode, compiled in backend.MODES.items()
    }
    if what == FORWARD:
        arrays = {"inputs": work.given.x, **work.arguments()}
        runs[PREDICT] = Run(backend.predictor(layer, arrays), lambda answer: None, np.asarray)
    return runs


def _limit(work: Work, layer: Pooling, what: str) -> Run:
    answer = (1, 1) if work.given.segments else layer.compute_output_shape(work.given.x.shape)
    compiled = _compiled_limit(what, work.given.x.shape, answer, limits.widths(layer, work.given.x.shape[-1]))
    return Run(functools.partial(compiled, work.given.tensor()), backend.wait, backend.read)


@functools.cache
def _compiled_limit(what: str, shape: Shape, answer: Shape, widths: tuple[int, ...]) -> backend.Function:
    function = limits.read(shape, answer) if what == FORWARD else limits.read_and_write
    if widths:
        matrices = [keras.random.normal((shape[-1], n)) for n in widths]
        function = limits.with_products(function, matrices, gradients=what != FORWARD)
    return backend.MODES[backend.FASTEST](function)


def _held(work: Work, layer: Pooling, what: str, ours: Mapping[str, Run], theirs: Mapping[str, Run]) -> dict[str, bool]:
    """Whether other libraries give the same.

    Raises:
        WrongAnswerError: ours do not.
    """
    exact, allowed = _exact(work, layer, what), ALLOWED[work.given.dtype]
    for mode, run in ours.items():
        error = _error(run.answer(), exact)
        if not error <= allowed:
            raise WrongAnswerError(
                f"{work.spec}, {what}, {mode}: wrong by {error:.2g} of the greatest, {allowed} allowed; it is not timed"
            )
    return {name: _error(run.answer(), exact) <= allowed for name, run in theirs.items()}


def _exact(work: Work, layer: Pooling, what: str) -> Array:
    """The answer for the first rows in float64, op by op."""
    exact = work.layer(backend.EXACT)
    exact.set_weights(layer.get_weights())
    x = kops.convert_to_tensor(work.given.x[:ROWS].astype(backend.EXACT))
    function = timed(exact, work.arguments(ROWS), what)
    return Run(functools.partial(function, x), backend.wait, backend.read).answer()


def _error(given: Array, exact: Array) -> float:
    """The greatest error of the first rows, as a share of the greatest number."""
    if given.shape[1:] != exact.shape[1:]:
        return float("inf")
    return float(np.abs(given[:ROWS] - exact).max() / max(np.abs(exact).max(), 1e-30))


def _like(peer: str, best: str, modes: Mapping[str, Timing]) -> str:
    """The mode of ours to hold a peer's mode against: predict against predict, else the best."""
    return PREDICT if peer.endswith(PREDICT) and PREDICT in modes else best


def _timing(taken: Sequence[float], limit: Sequence[float], first: float) -> Timing:
    ratio = clock.ratio(taken, limit)
    return Timing(_ms(taken), ratio.median, (ratio.low, ratio.high), round(first, 3))


def _beside(ours: Sequence[float], theirs: Sequence[float], agrees: bool) -> PeerTiming:
    ratio = clock.ratio(ours, theirs)
    return PeerTiming(_ms(theirs), ratio.median, (ratio.low, ratio.high), agrees)


def _ms(taken: Sequence[float]) -> float:
    return round(median(taken) * 1e3, 3)
