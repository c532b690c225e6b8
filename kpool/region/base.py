"""Region: what cuts an input into bags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from kpool import ops, registry
from kpool.arguments import checked
from kpool.bags import Bags
from kpool.errors import KpoolError, SpecError
from kpool.ops import Tensor
from kpool.signatures import of_class
from kpool.spec import Call

Shape = tuple[int | None, ...]


class Region(ABC):
    """Cuts the positions of an input, (batch, *positions, features), into bags laid out on a grid.

    A subclass is named as in a spec, `class Window(Region, name="window")`, and its `__init__` takes literals. Two
    regions with the same arguments are equal.
    """

    region_name: ClassVar[str]
    asks: ClassVar[str] = ""
    """What `regions=` must hold, beside the input, for this region to know its bags; "" if it needs nothing."""

    arguments: dict[str, Any]

    def __init_subclass__(cls, *, name: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.region_name = name

    def __new__(cls, *args: Any, **kwargs: Any) -> Region:
        region = super().__new__(cls)
        region.arguments = checked(cls.region_name, of_class(cls), args, kwargs)
        return region

    @abstractmethod
    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor) -> Bags:
        """The bags of (batch, *positions, features); `counted` and `weights` are (batch, *positions) or None.

        `regions` is what the call was given as such, and is None unless the region `asks` for something.
        """

    @abstractmethod
    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        """The layout of the bags, () for a single one; `regions` is the shape of what it asks for.

        Raises:
            SpecError: if this region cannot cut these positions.
        """

    def padded(self, regions: Tensor) -> Tensor:
        """What a call was given as `regions=`, ragged or a list, as a tensor; what is added names no bag."""
        return ops.padded(regions)

    def levels(self) -> tuple[Region, ...]:
        """The regions whose bags are this one's: itself alone, but for a pyramid."""
        return (self,)

    def join(self, answers: list[Tensor]) -> Tensor:
        """One answer from those of the levels."""
        (answer,) = answers
        return answer

    def width(self, features: int, axes: int) -> int:
        """The width of that answer, if the strategy's is `features`, for an input with so many position axes."""
        return features

    def check_given(self, regions: Tensor, batch: int | None, owner: str) -> None:
        """Refuse a call without the `regions=` that this region asks for, or with some that it cannot take."""
        if self.asks and regions is None:
            raise KpoolError(f"{owner}(over={self}) must be given regions=, {self.asks}")
        if regions is not None and not self.asks:
            raise KpoolError(f"{owner}(over={self}) asks for no regions=, and was given some")
        if regions is not None and None not in (batch, regions.shape[0]) and regions.shape[0] != batch:
            raise KpoolError(f"{owner}(over={self}): regions= is of batch {regions.shape[0]}, the input of {batch}")

    def check_allowed(self, names: tuple[str, ...], owner: str) -> None:
        """Refuse to be the region of a strategy that has regions of its own; none stand for any."""
        if names and self.region_name not in names:
            raise SpecError(f"{owner} pools over {' or '.join(names)} only, not over={self}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        """The canonical spec, which builds an equal region."""
        return str(Call(registry.default().of_class(type(self)), self.arguments))

    def __repr__(self) -> str:
        return str(self)
