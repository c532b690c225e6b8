"""Every region in every dtype and mode, for one strategy of each reduction and way to be written.

All other strategies are tried so by `tox run -e regions`, which takes another half an hour.
"""

from __future__ import annotations

import pytest

from kpool.testing import parametrize_strategies
from kpool.testing.parametrize import Conformance

STRATEGIES = ["attention", "gem", "last", "lse", "max", "median", "netvlad", "softmax", "std", "top_k"]


@pytest.mark.slow
@parametrize_strategies(STRATEGIES, only="region_modes")
def test_every_region_dtype_and_mode(conformance: Conformance) -> None:
    conformance()
