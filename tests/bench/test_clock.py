"""Tasks are timed in turns, and compared round by round."""

from __future__ import annotations

import time

import pytest

from kpool.bench import clock


def test_tasks_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "LEAST", 0.0)
    order: list[str] = []
    taken = clock.in_turns({"a": lambda times: order.append("a"), "b": lambda times: order.append("b")}, rounds=3)
    assert order == ["a", "b"] * (1 + 3)
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}


def test_what_is_short_is_done_several_times() -> None:
    asked: list[int] = []

    def task(times: int) -> None:
        asked.append(times)
        time.sleep(0.001 * times)

    (taken,) = clock.in_turns({"short": task}, rounds=1)["short"]
    assert asked[0] == 1
    assert 2 <= asked[1] <= 5
    assert 0.001 <= taken < 0.1


def test_a_ratio_is_of_pairs_and_not_of_medians() -> None:
    """The machine was ten times as slow in the second round, for both."""
    assert clock.ratio([1.0, 20.0, 3.0], [1.0, 10.0, 1.0]) == clock.Ratio(median=2.0, low=1.5, high=2.5)


def test_one_round_has_no_spread() -> None:
    assert clock.ratio([3.0], [2.0]) == clock.Ratio(1.5, 1.5, 1.5)
