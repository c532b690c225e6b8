"""The checks of the kit, by id."""

from __future__ import annotations

from types import MappingProxyType

from kpool.testing import config, deploy, mask, numerics, persistence, plugin, precision, region, shape
from kpool.testing.check import of_modules

CHECKS = MappingProxyType(of_modules(plugin, config, shape, mask, region, numerics, precision, persistence, deploy))
