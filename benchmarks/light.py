"""How long the light things take: importing kpool, listing, parsing, refusing hostile text.

    python benchmarks/light.py

Prints medians; the targets are those kpool was designed for. Nothing here imports Keras.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import kpool

TYPICAL = "concat(mean, gem(p=3)) | dropout(0.2) | dense(10)"
HOSTILE = {
    "brackets": "mean(" * 819,
    "pipes": "|" * 4096,
    "numbers": "gem(p=" + "1" * 4080 + "x)",
    "lists": "dense([" + "1," * 2040 + "])",
    "words": "mean|" * 819 + "x",
    "quotes": "'" * 4096,
}


def seconds(task: Callable[[], object], times: int) -> float:
    """The median over several runs, after one that does not count."""
    task()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        task()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def run(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *command], capture_output=True, check=True)


def refuse(text: str) -> Callable[[], object]:
    def task() -> None:
        try:
            kpool.parse(text)
        except kpool.SpecError:
            return
        raise AssertionError(f"not refused: {text[:40]}…")

    return task


def main() -> None:
    bare = seconds(run("-c", "pass"), 9)
    rows = [
        ("import kpool, above a bare Python", seconds(run("-c", "import kpool"), 9) - bare, 0.3),
        ("kpool list, as a command", seconds(run("-m", "kpool.cli", "list"), 9), 0.5),
        ("parse a typical spec", seconds(lambda: kpool.parse(TYPICAL), 200), 0.002),
        *(
            (f"refuse 4,096 hostile characters: {name}", seconds(refuse(text), 9), 0.05)
            for name, text in HOSTILE.items()
        ),
    ]
    for what, taken, target in rows:
        print(f"{what:48} {taken * 1000:9.2f} ms   target {target * 1000:5.0f} ms")


if __name__ == "__main__":
    main()
