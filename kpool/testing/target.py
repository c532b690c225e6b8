"""Target: what is checked, whatever it was named by; it builds fresh copies and makes inputs that suit them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kpool.combinators.base import Combinator
from kpool.errors import KpoolError
from kpool.hookspecs import Component
from kpool.pooling import Pooling
from kpool.region.everything import Everything
from kpool.testing import run
from kpool.testing.check import Skipped, said
from kpool.testing.compare import Array
from kpool.testing.data import POSITIONS, WIDTHS, Batch, draw
from kpool.testing.weights import settle

if TYPE_CHECKING:
    from kpool.testing.session import Session

Oracle = Callable[[Array, keras.layers.Layer], Array]


@dataclass(eq=False)
class Target:
    """A layer to be checked.

    Args:
        name: How reports call it.
        first: Makes the layer, with all its arguments.
        component: What a plugin gives it as, if one does.
        plugin: The entry point of its plugin: `module` or `module:object`.
        oracle: The formula in NumPy: `oracle(bag, layer)` gives the answer, (output_features,) in float64, for the
            counted elements of one bag, (n, features) in float64, n ≥ 1.
        seed: Of the inputs and weights.
    """

    name: str
    first: Callable[[], keras.layers.Layer]
    component: Component | None = None
    plugin: str = ""
    oracle: Oracle | None = None
    seed: int = 0
    session: Session | None = None
    _layers: dict[Any, keras.layers.Layer] = field(default_factory=dict, repr=False)
    _refusal: str = ""

    def make(self, dtype: str = "float32", **changes: Any) -> keras.layers.Layer:
        """A fresh copy, not built, with another dtype policy or other arguments; it requires no mask unless told to."""
        config = self._example.get_config()
        optional = {"require_mask": False} if "require_mask" in config else {}
        return type(self._example).from_config({**config, **optional, "dtype": dtype, **changes})

    def layer(
        self,
        dtype: str = "float32",
        *,
        rank: int = 0,
        positions: tuple[int, ...] = (),
        features: int = 0,
        **changes: Any,
    ) -> keras.layers.Layer:
        """A copy, built for positions and width, with weights that are the same for every dtype. Do not change it."""
        shape = (*(positions or POSITIONS[rank or self.rank]), features or self.features)
        key = (dtype, shape, *sorted(changes.items()))
        if key not in self._layers:
            self._layers[key] = self._built(dtype, shape, changes)
        return self._layers[key]

    def batch(self, rank: int = 0, *, rows: int = 4, positions: tuple[int, ...] = (), features: int = 0) -> Batch:
        positions = positions or POSITIONS[rank or self.rank]
        return draw(self.seed, positions, features or self.features, rows=rows, positive=self.positive)

    @property
    def fresh(self) -> Session:
        """The processes it is tried in that have seen nothing of it."""
        from kpool.testing.session import Session

        return self.session or Session([self])

    @property
    def module(self) -> str:
        """Where its class is defined."""
        return type(self._example).__module__

    @property
    def known(self) -> bool:
        """Whether Keras can load it in a process that has imported kpool, and nothing else."""
        return self.module.partition(".")[0] in ("keras", "kpool", "kpool_plugins")

    @property
    def positions(self) -> tuple[int, ...]:
        return POSITIONS[self.rank]

    @property
    def is_pooling(self) -> bool:
        """Whether it is a strategy of the contract, and no foreign Keras layer, pipe or combinator."""
        return isinstance(self._example, Pooling) and not isinstance(self._example, Combinator)

    @property
    def takes_mask(self) -> bool:
        return run.takes(self._example, "mask")

    @functools.cached_property
    def whole(self) -> bool:
        """Whether the positions are gone from the answer, so that its order and length say nothing."""
        cuts = self.is_pooling and not isinstance(self.layer().region, Everything)
        return not cuts and len(self.layer().compute_output_shape(self.shape())) == 2

    @property
    def depth(self) -> int:
        """How much more rounding it may show than a formula of one sum: 4 times where the trait is `deep`."""
        return 4 if getattr(self.layer(), "deep", False) else 1

    @property
    def rank(self) -> int:
        return self.ranks[0]

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks it accepts, of 3, 4 and 5."""
        return self._suits[0]

    @property
    def features(self) -> int:
        return self._suits[1]

    @functools.cached_property
    def positive(self) -> bool:
        """Whether it refuses values below 0."""
        x = draw(self.seed, POSITIONS[self.rank], self.features).x
        try:
            run.call(self.layer(), x)
        except KpoolError:
            return True
        return False

    def shape(self, rank: int = 0, *, batch: int | None = None) -> tuple[int | None, ...]:
        return run.door(self._example, (batch, *POSITIONS[rank or self.rank], self.features))

    def needs(self, *ranks: int) -> None:
        """Skip unless the ranks are accepted."""
        for rank in set(ranks) - set(self.ranks):
            raise Skipped(f"it takes no input of rank {rank}")

    @functools.cached_property
    def _example(self) -> keras.layers.Layer:
        return self.first()

    @functools.cached_property
    def _suits(self) -> tuple[tuple[int, ...], int]:
        for features in WIDTHS:
            ranks = tuple(rank for rank in POSITIONS if self._accepts(rank, features))
            if ranks:
                return ranks, features
        raise Skipped(f"{self.name} takes no input (batch, *positions, features) of rank 3 to 5: {self._refusal}")

    def _accepts(self, rank: int, features: int) -> bool:
        try:
            self.make()(keras.Input(run.door(self._example, (None, *POSITIONS[rank], features))[1:]))
        except Exception as error:
            self._refusal = said(error)
            return False
        return True

    def _built(self, dtype: str, shape: tuple[int, ...], changes: dict[str, Any]) -> keras.layers.Layer:
        layer = self.make(dtype, **changes)
        door = run.door(layer, (None, *shape))
        if getattr(layer, "asks_regions", False):
            layer.build(door)
        else:
            layer(keras.Input(door[1:]))
        if dtype == "float32":
            settle(layer, np.random.default_rng(self.seed))
        else:
            layer.set_weights(self.layer(positions=shape[:-1], features=shape[-1], **changes).get_weights())
        return layer
