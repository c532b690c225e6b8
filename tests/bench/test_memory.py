"""What a task holds beside what is there is seen, and what it gave back before is not."""

from __future__ import annotations

import mmap

import pytest

from kpool.bench import memory


@pytest.mark.skipif(memory.peak(lambda times: None) is None, reason="Linux tells how much a process held")
def test_peak_is_what_a_task_holds_at_most() -> None:
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
