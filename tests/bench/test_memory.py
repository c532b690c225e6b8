"""What a task holds beside what is there is seen, and what it gave back before is not."""

from __future__ import annotations

import numpy as np
import pytest

from kpool.bench import memory


@pytest.mark.skipif(memory.peak(lambda times: None) is None, reason="Linux tells how much a process held")
def test_peak_is_what_a_task_holds_at_most() -> None:
    def task(times: int) -> None:
        first = np.ones(32 * 2**17)
        del first
        np.ones(64 * 2**17)

    assert memory.peak(task) == pytest.approx(64, abs=4)
    assert memory.peak(task) == pytest.approx(64, abs=4), "what the first call gave back is seen again"
    assert memory.peak(lambda times: None) == pytest.approx(0, abs=2)
