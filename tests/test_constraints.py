"""Within puts a weight back into its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.constraints import Within


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(0.5, 1, id="below"),
        pytest.param(70, 64, id="above"),
        pytest.param(3, 3, id="within"),
        pytest.param([1, 64, 99], [1, 64, 64], id="one a channel, bounds included"),
        pytest.param(np.nan, np.nan, id="a diverged weight shows"),
    ],
)
def test_keeps_within(given: float | list[float], kept: float | list[float]) -> None:
    np.testing.assert_array_equal(Within(1, 64)(np.array(given, "float32")), np.array(kept, "float32"))


def test_config_builds_its_like() -> None:
    config = Within(1, 64).get_config()
    assert Within.from_config(config).get_config() == config == {"low": 1, "high": 64}
