"""A suite: several poolings of one input, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources

from kpool.bench import backend, memory, results
from kpool.bench.inputs import Input
from kpool.bench.measure import MODES, Bench, WrongAnswerError
from kpool.bench.results import Results, Row
from kpool.bench.work import Work
from kpool.errors import KpoolError


def run(
    bench: Bench, works: Sequence[Work], said: Callable[[Row | WrongAnswerError], object] = lambda row: None
) -> Results:
    """Time them; `said` is told each row as it comes, or why there is none.

    Raises:
        KpoolError: there is no mode to run in.
        SpecError: a spec is wrong; before anything has taken time.
    """
    if not bench.modes:
        raise KpoolError(
            f"Keras's backend here, {backend.BACKEND}, runs in these modes: {', '.join(MODES)}; name one of them"
        )
    for work in works:
        work.layer()
    tasks = [(work, what) for work in works for what in bench.times]
    compiles = backend.FASTEST in bench.modes
    rows, wrong = [], []
    for task, held in zip(tasks, memory.held(tasks) if compiles else [None] * len(tasks), strict=True):
        try:
            rows.append(bench.row(*task, held))
            said(rows[-1])
        except WrongAnswerError as error:
            wrong.append(str(error))
            said(error)
    return results.now(works[0], bench.rounds, rows, wrong)


def works(given: Input, specs: Sequence[str] = (), region: str = "") -> list[Work]:
    """What to time of an input; where no specs are given those of default.txt, over regions the marked ones."""
    if specs:
        return [Work(given, spec, region) for spec in specs]
    text = resources.files("kpool.bench").joinpath("default.txt").read_text(encoding="utf-8")
    marked = [line.partition(" *")[:2] for line in text.splitlines() if not line.startswith("#")]
    local = bool(region or given.segments)
    return [Work(given, spec, region) for spec, star in marked if star or not local]
