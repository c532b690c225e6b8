"""The mean of the k largest values."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Interval

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count


class TopKPooling(kpool.Pooling, name="top_k"):
    """The mean of the k largest values of each feature: the max at k = 1, the mean once k reaches the bag's size.

    y = Σ_{i ≤ k'} x_(i) / k',  x_(1) ≥ x_(2) ≥ …,  k' = min(k, n)

    A weight only says whether an element counts.

    Args:
        k: How many (an integer), or the share of the bag (a float in (0, 1], k' = ⌈k n⌉).

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Durand et al. 2016 (WELDON), sec. 3.2; Li & Vasconcelos 2015 for a share of the bag.
    """

    mergeable = False
    weights_repeat = False

    def __init__(self, k: Count | Annotated[float, Interval(gt=0, le=1)] = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def pool(self, bags: Bags) -> Tensor:
        return bags.mean_of_largest(bags.elements, self.k)
