"""What was only counted is never allocated."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool import BudgetError


def test_a_refused_head_is_not_allocated_later() -> None:
    """Keras 3.15.1 gives every variable without a value one when the next scope ends; this would be 2 TB."""
    with pytest.raises(BudgetError):
        kpool.head("mean | dense(100000000000)")(np.zeros((2, 5, 4), "float32"))
    with keras.StatelessScope():
        pass
