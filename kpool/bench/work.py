"""What is timed: a pooling of one input, over one region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops as kops

import kpool
from kpool.bench import backend
from kpool.bench.inputs import Input
from kpool.bench.run import FORWARD
from kpool.errors import KpoolError
from kpool.pooling import Pooling
from kpool.region.base import Region
from kpool.region.everything import Everything


@dataclass(frozen=True)
class Work:
    """A pooling of an input.

    Args:
        given: The input.
        spec: As in "gem(p=2)"; a region in it takes the place of `region`.
        region: As in "window(2)"; "" for the whole input, or for the segments of a packed one.
    """

    given: Input
    spec: str
    region: str = ""

    def layer(self, dtype: str = "") -> Pooling:
        """The layer, built; its weights are drawn anew."""
        drawn = kpool.pool(self.spec)
        config = {**drawn.get_config(), "dtype": dtype or self._policy}
        region = self.region or (f"segments({self.given.segments})" if self.given.segments else "")
        if region and not drawn.arguments.get("over"):
            if "over" not in drawn.arguments:
                raise KpoolError(f"{self.spec} has no region of its own; write over={region} inside each of its parts")
            config["over"] = region
        layer: Pooling = type(drawn).from_config(config)
        layer.build(self.given.x.shape)
        return layer

    def arguments(self, rows: int | None = None) -> dict[str, Any]:
        """What a call is given beside the input, as arrays: of all rows, or the first few."""
        found = {"mask": self.given.mask, "regions": self.given.ids}
        return {name: array[:rows] for name, array in found.items() if array is not None}

    @property
    def _policy(self) -> str:
        return self.given.dtype if self.given.dtype == "float32" else f"mixed_{self.given.dtype}"


def timed(layer: Pooling, arguments: Mapping[str, Any], what: str) -> backend.Function:
    """What is timed, of an input: the layer's answer, or its gradients.

    Args:
        arguments: What a call is given beside the input, as arrays.
    """
    given = {name: kops.convert_to_tensor(array) for name, array in arguments.items()}

    def forward(x: Any) -> Any:
        return layer(x, **given)

    return forward if what == FORWARD else backend.gradient_of(forward, layer)


def region_of(layer: Pooling) -> Region:
    """What a layer pools over; combinators leave that to their parts, and are taken to pool over everything."""
    return getattr(layer, "region", None) or Everything()
