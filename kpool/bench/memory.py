"""How much memory a task needs beside what is there before it."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

from keras import ops as kops

from kpool.bench.clock import Task

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_FORGET_PEAK = "5"
_PROBE = 32


def peak(task: Task) -> float | None:
    """The most that the process held during the task above what it held before, in MiB; None where Linux's is no help.

    What an allocator kept from former tasks is given back first: reused, it would not be seen. TensorFlow's (2.21) may
    give nothing back; then nothing is said.
    """
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        if not _is_seen():
            return None
        _CLEAR.write_text(_FORGET_PEAK)
        before = _held("VmRSS")
        task(1)
        return max(0.0, _held("VmHWM") - before)
    except OSError:
        return None


def _is_seen() -> bool:
    """Whether the system is asked for what the backend makes."""
    before = _held("VmRSS")
    made = [kops.zeros(_PROBE * 2**18, "float32") + 1 for _ in range(2)]
    return _held("VmRSS") - before > 0.9 * _PROBE * len(made)


def _held(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", _STATUS.read_text(encoding="utf-8"))
    if not found:
        raise OSError(f"{_STATUS} does not say {field}")
    return int(found[1]) / 1024
