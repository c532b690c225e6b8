"""How long the light things take: importing kpool, listing, parsing, refusing hostile text, building a head.

    python benchmarks/light.py

Prints medians, the targets kpool was designed for, and what `kpool list` imports that takes longest. This process
imports no Keras; that which builds heads starts its clock when Keras is there and has made its first weights. Bytecode
is kept between the runs, as an installed package has it.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
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


BUILD = f"""
import time
import keras
import kpool
keras.layers.Dense(1).build((None, 1))
for _ in range(10):
    started = time.perf_counter()
    kpool.head({TYPICAL!r}).build((None, 512, 768))
    print(time.perf_counter() - started)
"""


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(task: Callable[[], object], times: int) -> float:
    """The median over several runs, after one that does not count."""
    task()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        task()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def run(*command: str) -> Callable[[], subprocess.CompletedProcess[str]]:
    return lambda: subprocess.run(
        [sys.executable, *command], env=ENVIRONMENT, capture_output=True, check=True, text=True
    )


def slowest(most: int = 15) -> list[tuple[str, float, float]]:
    """The modules that take longest, with what they import, for a fresh `kpool list`, in ms."""
    lines = run("-X", "importtime", "-m", "kpool.cli", "list")().stderr.splitlines()
    found = [re.fullmatch(r"import time: +(\d+) \| +(\d+) \| +(\S+)", line) for line in lines]
    times = [(match[3], int(match[2]) / 1000, int(match[1]) / 1000) for match in found if match]
    return sorted(times, key=lambda each: -each[1])[:most]


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
    builds = [list(map(float, run("-c", BUILD)().stdout.split())) for _ in range(4)][1:]
    rows += [
        ("build a head, the first of a process", statistics.median(first for first, *_ in builds), 0.05),
        ("build a head, the next", statistics.median(later for _, *more in builds for later in more), 0.05),
    ]
    for what, taken, target in rows:
        print(f"{what:48} {taken * 1000:9.2f} ms   target {target * 1000:5.0f} ms")
    print("\nwhat kpool list imports, ms with all that it imports itself, and alone:")
    for name, whole, alone in slowest():
        print(f"{name:48} {whole:9.2f} {alone:9.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as ENVIRONMENT["PYTHONPYCACHEPREFIX"]:
        main()
