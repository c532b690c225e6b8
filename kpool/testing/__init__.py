"""The kit: everything that a layer for pooling must keep, in one function."""

from __future__ import annotations

from kpool.testing.checks import CHECKS
from kpool.testing.report import ConformanceReport
from kpool.testing.runner import check_strategies, check_strategy

__all__ = ["CHECKS", "ConformanceReport", "check_strategies", "check_strategy"]
