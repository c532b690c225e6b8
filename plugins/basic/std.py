"""The standard deviation."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge

import kpool
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import Convention, Moments, MomentsValue, Spread


class StdPooling(kpool.Pooling, name="std"):
    """The standard deviation, in two passes: exact where E[x²] − E[x]² cancels.

    y = √(Σ (x − μ)² / (n − ddof) + ε),  and 0 for the quotient where n ≤ ddof

    Args:
        ddof: 0 for the population's, 1 for the sample's; the convention's own if none is given.
        epsilon: ε, of the unit of x², after the root of x; the convention's own if none is given.
        convention: "population": ddof 0, ε = 0 inside the root (wespeaker's is ddof=1, epsilon=1e-7);
            "kaldi": ddof 0, √max(var, ε), ε = 10⁻¹⁰; "speechbrain": ddof 1, √var + ε, ε = 10⁻⁵, without the noise it
            adds to the mean; "pyannote": n − Σ w² / n in place of n − ddof, ε = 0 inside the root, so that weights w
            say how far an element is to be trusted, not how often it stands there; "ecapa": ddof 0, √max(var, ε),
            ε = 10⁻¹².

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
        return self.spread.deviation(moments)
