"""The largest values and the smallest."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Interval

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count

Several = Count | Annotated[float, Interval(gt=0, le=1)]


class MinMaxPooling(kpool.Pooling, name="min_max"):
    """The largest values and the smallest: evidence for a class, and α times the evidence against it.

    y = ½ (mean of the k_max largest + α · mean of the k_min smallest)

    The ½ is that of the authors' code. A bag of fewer elements gives all it has. A weight only says whether an element
    counts.

    Args:
        k_max: How many (an integer), or the share of the bag (a float in (0, 1], ⌈k n⌉).
        k_min: The same for the smallest; as many as k_max if none is given.
        alpha: α; 0 leaves half of `top_k`.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Durand et al. 2017 (WILDCAT), sec. 3.3; Durand et al. 2016 (WELDON) for α = 1.
    """

    mergeable = False
    weights_repeat = False

    def __init__(self, k_max: Several = 1, k_min: Several | None = None, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k_max = k_max
        self.k_min = k_max if k_min is None else k_min
        self.alpha = alpha

    def pool(self, bags: Bags) -> Tensor:
        x = bags.elements
        return (bags.mean_of_largest(x, self.k_max) - self.alpha * bags.mean_of_largest(-x, self.k_min)) / 2
