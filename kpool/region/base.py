"""Region: what cuts an input into bags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from kpool import registry
from kpool.arguments import checked
from kpool.bags import Bags
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
    arguments: dict[str, Any]

    def __init_subclass__(cls, *, name: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.region_name = name

    def __new__(cls, *args: Any, **kwargs: Any) -> Region:
        region = super().__new__(cls)
        region.arguments = checked(cls.region_name, of_class(cls), args, kwargs)
        return region

    @abstractmethod
    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None) -> Bags:
        """The bags of (batch, *positions, features); `counted` and `weights` are (batch, *positions) or None."""

    @abstractmethod
    def grid(self, positions: Shape) -> Shape:
        """The layout of the bags, () for a single one.

        Raises:
            SpecError: if this region cannot cut these positions.
        """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        """The canonical spec, which builds an equal region."""
        return str(Call(registry.default().of_class(type(self)), self.arguments))

    def __repr__(self) -> str:
        return str(self)
