"""Makes the checks, one after the other, and keeps what came of each."""

from __future__ import annotations

import difflib
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from kpool.errors import KpoolError
from kpool.testing import backend
from kpool.testing.check import FIRST_LEVEL, Check, Skipped, said
from kpool.testing.checks import CHECKS
from kpool.testing.naming import as_target
from kpool.testing.report import ConformanceReport, Row, Status
from kpool.testing.session import Session
from kpool.testing.target import Oracle, Target

Names = str | Iterable[str] | None


def check_strategy(
    target: Any,
    *,
    level: str = FIRST_LEVEL,
    only: Names = None,
    skip: Names = None,
    expected_failures: Mapping[str, str] | None = None,
    on_fail: Literal["report", "raise"] = "report",
    seed: int = 0,
    oracle: Oracle | None = None,
) -> ConformanceReport:
    """Put a layer through the kit.

    Args:
        target: A strategy's name, a spec, a layer class, a layer, a Component, or any Keras layer that pools.
        level: Checks that came later than this release of the kit are not made.
        only: Names of checks or groups; no others are made.
        skip: Names of checks or groups that are not made.
        expected_failures: Reasons by check, or by `check[case]`. Such a check must fail: passing is a failure.
        on_fail: "raise" raises ConformanceError, with the report as its text, if the layer breaks a law.
        seed: Of inputs and weights.
        oracle: The formula in NumPy: `oracle(bag, layer)` gives the answer for one bag, (n, features), n ≥ 1.
    """
    one = as_target(target, seed=seed, oracle=oracle)
    (report,) = check_strategies(
        [one], level=level, only=only, skip=skip, expected_failures={one.name: expected_failures or {}}
    )
    if on_fail == "raise":
        report.raise_if_failed()
    return report


def check_strategies(
    targets: Iterable[Any],
    *,
    level: str = FIRST_LEVEL,
    only: Names = None,
    skip: Names = None,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
) -> list[ConformanceReport]:
    """Put several layers through the kit; they share the fresh processes in which saved files are loaded.

    `expected_failures` are by the target's name; all else is as for `check_strategy`.
    """
    made = [as_target(target, seed=seed) for target in targets]
    chosen = selected(level, only, skip)
    expected = {name: known_failures(failures) for name, failures in (expected_failures or {}).items()}
    with Session(made):
        return [_report(target, chosen, level, expected.get(target.name, {})) for target in made]


def selected(level: str = FIRST_LEVEL, only: Names = None, skip: Names = None) -> list[Check]:
    """The checks of a level, in order."""
    wanted, unwanted = _checks(only, set(CHECKS)), _checks(skip, set())
    return [c for c in CHECKS.values() if c.id in wanted - unwanted and _parts(c.level) <= _parts(level)]


def known_failures(expected: Mapping[str, str]) -> Mapping[str, str]:
    """The same, if each names a check and gives a reason."""
    rows = {*CHECKS, *(f"{c.id}[{case}]" for c in CHECKS.values() for case in c.cases)}
    for name, reason in expected.items():
        if name not in rows:
            raise KpoolError(_unknown(name, rows))
        if not reason.strip():
            raise KpoolError(f"the expected failure {name} needs a reason")
    return expected


def rows(check: Check, target: Target, expected: Mapping[str, str]) -> Iterator[Row]:
    """A row for each case of a check."""
    for case in check.cases:
        reason = expected.get(f"{check.id}[{case}]", expected.get(check.id, ""))
        started = time.perf_counter()
        status, message = _expected(*_outcome(check, target, case), reason)
        yield Row(check.id, case, status, time.perf_counter() - started, message, check.group)


def _report(target: Target, checks: list[Check], level: str, expected: Mapping[str, str]) -> ConformanceReport:
    found = tuple(row for check in checks for row in rows(check, target, expected))
    return ConformanceReport(target.name, level, found)


def _outcome(check: Check, target: Target, case: str) -> tuple[Status, str]:
    try:
        with warnings.catch_warnings(), backend.wide(), backend.passing():
            warnings.simplefilter("ignore")
            return "passed", check(target, case)
    except Skipped as reason:
        return "skipped", str(reason)
    except AssertionError as error:
        return "failed", str(error) or "an assertion without a message"
    except Exception as error:
        return "failed", said(error)


def _expected(status: Status, message: str, reason: str) -> tuple[Status, str]:
    if reason and status == "failed":
        return "expected_failure", f"{reason} ({message})"
    if reason and status == "passed":
        return "unexpected_pass", f"expected to fail ({reason}), and passes: take the expectation away"
    return status, message


def _checks(names: Names, otherwise: set[str]) -> set[str]:
    if names is None:
        return otherwise
    groups = {check.group for check in CHECKS.values()}
    found = set()
    for name in [names] if isinstance(names, str) else names:
        if name not in groups | CHECKS.keys():
            raise KpoolError(_unknown(name, groups | CHECKS.keys()))
        found |= {check.id for check in CHECKS.values() if name in (check.id, check.group)}
    return found


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"the kit has no check {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _parts(level: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in level.split("."))
    except ValueError:
        raise KpoolError(f"a level reads as {FIRST_LEVEL!r}, not {level!r}") from None
