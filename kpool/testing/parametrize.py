"""The kit as tests: one for every check of every target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpool.testing.check import FIRST_LEVEL, Check
from kpool.testing.naming import as_target
from kpool.testing.runner import Names, known_failures, rows, selected
from kpool.testing.session import Session
from kpool.testing.target import Target

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Conformance:
    """One check of one target; calling it makes the check, in all its cases."""

    check: Check
    target: Target
    expected_failures: Mapping[str, str]

    def __call__(self) -> None:
        import pytest

        found = list(rows(self.check, self.target, self.expected_failures))
        wrong = [f"{row.id}: {row.message}" for row in found if not row.ok]
        if wrong:
            raise AssertionError("\n".join([self.check.guards, *wrong]))
        if all(row.status == "skipped" for row in found):
            pytest.skip(found[0].message)


def parametrize_strategies(
    targets: Iterable[Any],
    *,
    level: str = FIRST_LEVEL,
    only: Names = None,
    skip: Names = None,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
) -> pytest.MarkDecorator:
    """A decorator for a test that is given `conformance` and calls it.

    All targets share the processes in which saved files are loaded. `expected_failures` are by the target's name; all
    else is as for `check_strategies`.

        @parametrize_strategies(["mine", "mine(over=window(2))"])
        def test_conformance(conformance):
            conformance()
    """
    import pytest

    made = [as_target(target, seed=seed) for target in targets]
    expected = {name: known_failures(failures) for name, failures in (expected_failures or {}).items()}
    Session(made)
    return pytest.mark.parametrize(
        "conformance",
        [
            pytest.param(Conformance(check, target, expected.get(target.name, {})), id=f"{target.name}-{check.id}")
            for target in made
            for check in selected(level, only, skip)
        ],
    )
