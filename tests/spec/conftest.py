from __future__ import annotations

from collections.abc import Callable

import pytest

from kpool.errors import SpecError
from kpool.registry import Registry
from kpool.spec import Spec, parse

from . import toys

Complain = Callable[..., str]
Read = Callable[..., Spec]


@pytest.fixture(scope="session")
def registry() -> Registry:
    return toys.registry()


@pytest.fixture(scope="session")
def read(registry: Registry) -> Read:
    """Parses with the toys."""

    def read(text: str, **names: object) -> Spec:
        return parse(text, names, registry)

    return read


@pytest.fixture(scope="session")
def complaint(read: Read) -> Complain:
    """The error that a text gives, in full; its span is within the text."""

    def complaint(text: str, **names: object) -> str:
        with pytest.raises(SpecError) as caught:
            read(text, **names)
        start, end = caught.value.span or (-1, -1)
        assert caught.value.spec == text
        assert 0 <= start <= end <= len(text)
        return str(caught.value)

    return complaint
