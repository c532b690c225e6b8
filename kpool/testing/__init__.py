"""The kit: everything that a layer for pooling must keep, in one function."""

from __future__ import annotations

from kpool.testing.checks import CHECKS
from kpool.testing.parametrize import parametrize_strategies
from kpool.testing.report import ConformanceError, ConformanceReport
from kpool.testing.runner import check_strategies, check_strategy

__all__ = [
    "CHECKS",
    "ConformanceError",
    "ConformanceReport",
    "check_strategies",
    "check_strategy",
    "parametrize_strategies",
]
