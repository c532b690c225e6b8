"""Streams: a bag that comes in chunks, pooled as if it had come at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.errors import KpoolError
from kpool.ops import Tensor
from kpool.reductions import Reduction, State


class Stream(ABC):
    """Pools chunks: of a sound that goes on, of a document read in parts, of a bag spread over devices.

        stream = layer.stream()
        state = stream.start(batch=1, features=64)
        for chunk, mask in chunks:
            state = stream.update(state, chunk, mask)
        answer = stream.finish(state)

    A state is a dict of tensors whose shapes do not depend on how much has been seen: it can be saved, sent, and
    carried through a `tf.while_loop`. `merge` takes two bags together, the first's elements before the second's.
    """

    @abstractmethod
    def start(self, batch: int, features: int) -> State:
        """The state of bags that nothing has been seen of."""

    @abstractmethod
    def update(
        self, state: State, chunk: Tensor, mask: Tensor = None, weights: Tensor = None, regions: Tensor = None
    ) -> State:
        """The state once a chunk, (batch, *positions, features), has been seen as well; arguments as of a call."""

    @abstractmethod
    def merge(self, a: State, b: State) -> State:
        """The state of two bags taken together, a's elements before b's."""

    @abstractmethod
    def finish(self, state: State) -> Any:
        """The answer, (batch, *grid, output_features)."""


class FoldStream(Stream):
    """The stream of one strategy: the states of its reductions, and how many elements there were.

    Raises:
        KpoolError: the strategy is no fold, or its region cuts by position, which a chunk does not know.
    """

    def __init__(self, layer: Any) -> None:
        if not layer.folds:
            raise KpoolError(f"{layer.strategy_name} needs its whole bag at once: it is no fold, and has no stream")
        if layer.region.region_name not in ("everything", "segments"):
            raise KpoolError(f"a stream pools over everything or over segments, not over={layer.region}")
        self._layer = layer

    def start(self, batch: int, features: int) -> State:
        first = self._layer.data_format == "channels_first"
        if not self._layer.built:
            self._layer.build((batch, features, None) if first else (batch, None, features))
        shape = (batch, features, 0) if first else (batch, 0, features)
        ids = kops.zeros((batch, 0), "int32") if self._layer.asks_regions else None
        nothing = kops.zeros(shape, self._layer.compute_dtype)
        return self._state(nothing, kops.zeros((batch, 0), "bool"), None, ids)

    def update(
        self, state: State, chunk: Tensor, mask: Tensor = None, weights: Tensor = None, regions: Tensor = None
    ) -> State:
        chunk = ops.padded(chunk)
        if chunk.shape[0] != state["size"].shape[0]:
            rows = state["size"].shape[0]
            raise KpoolError(f"a chunk of batch {chunk.shape[0]} for a stream that was started with batch {rows}")
        seen = self._state(chunk, mask, weights, regions)
        for name, x in seen.items():
            if x.shape != state[name].shape:
                raise KpoolError(f"a chunk of shape {tuple(chunk.shape)} has another width than what came before it")
        return self.merge(state, seen)

    def merge(self, a: State, b: State) -> State:
        merged = {"size": a["size"] + b["size"]}
        for name, reduction in self._reductions.items():
            merged |= _under(name, reduction.merge(_of(name, a), _of(name, b)))
        return merged

    def finish(self, state: State) -> Tensor:
        values = (reduction.value(_of(name, state)) for name, reduction in self._reductions.items())
        answer = ops.where_expanded(state["size"][..., 0] > 0, self._layer.lower(*values), self._layer.empty_value)
        answer = kops.cast(answer, self._layer.compute_dtype)
        return kops.moveaxis(answer, -1, 1) if self._layer.data_format == "channels_first" else answer

    def _state(self, chunk: Tensor, mask: Tensor, weights: Tensor, regions: Tensor) -> State:
        (bags,) = self._layer.cut(chunk, mask, weights, regions)
        states = {name: reduction.state(bags) for name, reduction in self._lifted(bags.elements).items()}
        return {
            "size": bags.size,
            **{key: x for name, state in states.items() for key, x in _under(name, state).items()},
        }

    @property
    def _reductions(self) -> dict[str, Reduction]:
        """The reductions without elements: to merge states and to value them, none are needed."""
        spec = self._layer.input_spec
        width = 1 if spec is None else next(iter(spec.axes.values()))
        return self._lifted(kops.zeros((1, 0, width), ops.accumulator(self._layer.compute_dtype)))

    def _lifted(self, x: Tensor) -> dict[str, Reduction]:
        reductions = self._layer.lifted(x)
        return {str(i): reduction for i, reduction in enumerate(reductions)}


class PipeStream(Stream):
    """The stream of a pipe: that of its pool, with which it must begin; the rest follows at the finish."""

    def __init__(self, pipe: Any) -> None:
        pool, *self._rest = pipe.nodes
        if not hasattr(pool, "stream"):
            raise KpoolError(f"{pipe.spec.display()} begins with {pool.name}, which has no stream; begin with a pool")
        if any(hasattr(node, "stream") for node in self._rest):
            raise KpoolError(f"{pipe.spec.display()} pools twice: only its first pool could be a stream")
        self._pool: Stream = pool.stream()
        self._pipe = pipe

    def start(self, batch: int, features: int) -> State:
        if not self._pipe.built:
            self._pipe.build((batch, None, features))
        return self._pool.start(batch, features)

    def update(
        self, state: State, chunk: Tensor, mask: Tensor = None, weights: Tensor = None, regions: Tensor = None
    ) -> State:
        return self._pool.update(state, chunk, mask, weights, regions)

    def merge(self, a: State, b: State) -> State:
        return self._pool.merge(a, b)

    def finish(self, state: State) -> Any:
        answer = self._pool.finish(state)
        for node in self._rest:
            answer = node(answer)
        return answer


class BranchStream(Stream):
    """The streams of a combinator's branches, side by side."""

    def __init__(self, combinator: Any) -> None:
        self._combinator = combinator
        self._branches = {name: branch.stream() for name, branch in combinator.branches.items()}

    def start(self, batch: int, features: int) -> State:
        if not self._combinator.built:
            self._combinator.build((batch, None, features))
        return self._each(lambda name, stream: stream.start(batch, features))

    def update(
        self, state: State, chunk: Tensor, mask: Tensor = None, weights: Tensor = None, regions: Tensor = None
    ) -> State:
        asking = {name for name, branch in self._combinator.branches.items() if branch.asks_regions}
        return self._each(
            lambda name, stream: stream.update(
                _of(name, state), chunk, mask, weights, regions if name in asking else None
            )
        )

    def merge(self, a: State, b: State) -> State:
        return self._each(lambda name, stream: stream.merge(_of(name, a), _of(name, b)))

    def finish(self, state: State) -> Any:
        return self._combinator.join([stream.finish(_of(name, state)) for name, stream in self._branches.items()])

    def _each(self, step: Callable[[str, Stream], State]) -> State:
        return _together({name: step(name, stream) for name, stream in self._branches.items()})


def _under(name: str, state: Mapping[str, Tensor]) -> State:
    return {f"{name}/{key}": x for key, x in state.items()}


def _together(states: Mapping[str, State]) -> State:
    return {key: x for name, state in states.items() for key, x in _under(name, state).items()}


def _of(name: str, state: Mapping[str, Tensor]) -> State:
    return {key.removeprefix(f"{name}/"): x for key, x in state.items() if key.startswith(f"{name}/")}
