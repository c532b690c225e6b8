"""What 100 installed plugins cost: discovery, above a bare scan of entry points. `python benchmarks/discovery.py`

Each measurement is made in a fresh process, over 100 generated distributions beside all that is installed here.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = '''"""One strategy, as a plugin has it."""

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies():
    return [Component("strategy_{n}", "kpool_bench_{n}.layers:Pooling{n}", "One of many.")]
'''

METADATA = """Metadata-Version: 2.4
Name: kpool-bench-{n}
Version: 1.{n}.0
Summary: A pooling strategy for kpool.
Requires-Python: >=3.11
Requires-Dist: kpool>=0.1
Requires-Dist: numpy>=1.26
Provides-Extra: test
Requires-Dist: pytest>=8; extra == "test"
"""

MEASURE = {
    "bare scan": """
from importlib.metadata import entry_points
started = time.perf_counter()
found = len(entry_points(group="kpool"))
""",
    "discovery": """
import kpool.registry
started = time.perf_counter()
found = sum(record.state == "ok" for record in kpool.registry.default().plugins())
""",
}
REPORT = "\nprint(json.dumps([1000 * (time.perf_counter() - started), found]))"


def generate(folder: Path, count: int) -> None:
    """`count` distributions, as an installer leaves them."""
    for n in range(count):
        package, info = folder / f"kpool_bench_{n}", folder / f"kpool_bench_{n}-1.{n}.0.dist-info"
        package.mkdir()
        info.mkdir()
        (package / "__init__.py").write_text(MODULE.format(n=n), encoding="utf-8")
        (info / "METADATA").write_text(METADATA.format(n=n) + "\nA long description.\n" * 40, encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[kpool]\nbench_{n} = kpool_bench_{n}\n", encoding="utf-8")


def measure(what: str, folder: Path) -> tuple[float, int]:
    """Milliseconds and plugins found, in a new process."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", "import json, time" + MEASURE[what] + REPORT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    milliseconds, found = json.loads(done.stdout)
    return milliseconds, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugins", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {what: [] for what in MEASURE}
    with tempfile.TemporaryDirectory() as name:
        generate(Path(name), arguments.plugins)
        measure("discovery", Path(name))  # compiles the modules, as the first run after an installation does
        for _ in range(arguments.repeats):
            for what in MEASURE:  # in turn, so that a busy moment falls on both
                milliseconds, found = measure(what, Path(name))
                times[what].append(milliseconds)
    for what, values in times.items():
        print(f"{what}: {statistics.median(values):.1f} ms median, {min(values):.1f} ms best")
    bare, full = (min(times[what]) for what in MEASURE)
    print(f"{found} plugins are ok; {full - bare:.1f} ms above a bare scan, ×{full / bare:.1f} (best of both)")


if __name__ == "__main__":
    main()
