"""A region from whatever names one."""

from __future__ import annotations

from typing import Any

from kpool.errors import SpecError
from kpool.region.base import Region
from kpool.spec import Call, parse_region


def as_region(value: Region | Call | str) -> Region:
    """The region that a spec or a bound Call names; a Region is returned as it is."""
    if isinstance(value, Region):
        return value
    call: Any = parse_region(value) if isinstance(value, str) else value
    if not isinstance(call, Call):
        raise SpecError(f"over takes a region, such as 'window(2)', not {value!r}")
    region: Region = call.component.load()(**call.arguments)
    return region
