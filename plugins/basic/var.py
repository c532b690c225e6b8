"""The variance."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge

import kpool
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import Convention, Moments, MomentsValue, Spread


class VarPooling(kpool.Pooling, name="var"):
    """The variance, in two passes: exact where E[x²] − E[x]² cancels, and never below 0.

    y = Σ (x − μ)² / (n − ddof) + ε,  and 0 for the quotient where n ≤ ddof

    Args:
        ddof: 0 for the population's, 1 for the sample's; the convention's own if none is given.
        epsilon: ε, of the unit of x²; the convention's own if none is given.
        convention: What stands under the root of `std` with the same arguments: "population", "kaldi", "pyannote" or
            "ecapa", or "speechbrain", whose ε comes after the root: a variance has none.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError for a ddof with "pyannote".
    """

    def __init__(
        self,
        ddof: Annotated[int, Between(0, 1)] | None = None,
        epsilon: Annotated[float, Ge(0)] | None = None,
        convention: Convention = "population",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.spread = Spread(convention, ddof, epsilon, self.strategy_name)

    @property
    def weights_repeat(self) -> bool:
        """By "pyannote" they say how far an element is to be trusted."""
        return self.spread.ddof is not None

    def lift(self, x: Tensor) -> Moments:
        return Moments(x)

    def lower(self, moments: MomentsValue) -> Tensor:
        return self.spread.variance(moments)
