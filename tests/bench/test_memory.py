"""What a task holds beside what is there is seen, and what it gave back before is not."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from kpool.bench import memory


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells how much a process held")
def test_peak_is_what_a_task_holds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_is_seen", lambda: True)  # what is held here is not the backend's

    def task(times: int) -> None:
        _touch(32)
        _touch(64)

    assert memory.peak(task) == pytest.approx(64, abs=4)
    assert memory.peak(task) == pytest.approx(64, abs=4), "what the first call gave back is seen again"
    assert memory.peak(lambda times: None) == pytest.approx(0, abs=2)


def _touch(mebibytes: int) -> None:
    """From the kernel, and back to it: malloc may serve an array from what it has, and keep it."""
    with mmap.mmap(-1, mebibytes * 2**20) as held:
        for at in range(0, len(held), mmap.PAGESIZE):
            held[at] = 1


def test_nothing_is_said_of_what_the_backend_takes_from_what_it_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_held", lambda field: 100.0)
    assert memory.peak(lambda times: None) is None
