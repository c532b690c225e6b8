"""Building layers whose variables have shapes only, to count them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras.src.backend.common import global_state


@contextmanager
def shapes_only() -> Iterator[None]:
    """Within it variables get no values, and afterwards neither.

    Keras 3.15.1 keeps what a StatelessScope left without a value in a list, and the next scope that ends, of whatever
    model, allocates all of it: 400 GB, say, of a head that was refused.
    """
    before = list(global_state.get_global_attribute("uninitialized_variables") or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", before)
