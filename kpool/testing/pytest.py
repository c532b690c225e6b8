"""Fixtures for plugin authors: `pytest_plugins = ["kpool.testing.pytest"]`."""

from __future__ import annotations

import pytest

from kpool import registry
from kpool.registry import Registry


@pytest.fixture
def kpool_registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of this test alone: nothing installed is in it, and what the test adds is gone behind it."""
    alone = Registry(lambda: ())
    monkeypatch.setattr(registry, "_DEFAULT", alone)
    return alone
