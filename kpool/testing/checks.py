"""The checks of the kit, by id."""

from __future__ import annotations

from types import MappingProxyType

from kpool.testing import config, mask, numerics, precision, shape
from kpool.testing.check import of_modules

CHECKS = MappingProxyType(of_modules(config, shape, mask, numerics, precision))
