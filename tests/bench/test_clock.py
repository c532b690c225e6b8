"""Tasks are timed in turns, and compared round by round."""

from __future__ import annotations

from kpool.bench import clock


def test_tasks_take_turns() -> None:
    order: list[str] = []
    taken = clock.in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert order == ["a", "b"] * 3
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_of_pairs_and_not_of_medians() -> None:
    """The machine was ten times as slow in the second round, for both."""
    assert clock.ratio([1.0, 20.0, 3.0], [1.0, 10.0, 1.0]) == clock.Ratio(median=2.0, low=1.5, high=2.5)


def test_one_round_has_no_spread() -> None:
    assert clock.ratio([3.0], [2.0]) == clock.Ratio(1.5, 1.5, 1.5)
