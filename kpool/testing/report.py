"""What the kit found: a row for every case of every check."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["passed", "failed", "skipped", "expected_failure", "unexpected_pass"]

_SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "expected_failure": "(✗)", "unexpected_pass": "✗ passes"}


class ConformanceError(AssertionError):
    """A target that breaks a law; its text is the report."""


@dataclass(frozen=True)
class Row:
    """One case of one check. `message` says what was measured, what went wrong or why it was not checked."""

    check: str
    case: str
    status: Status
    seconds: float
    message: str = ""
    group: str = ""

    @property
    def id(self) -> str:
        return f"{self.check}[{self.case}]" if self.case else self.check

    @property
    def ok(self) -> bool:
        return self.status not in ("failed", "unexpected_pass")


@dataclass(frozen=True)
class ConformanceReport:
    """The rows of one target, at one level of the kit."""

    target: str
    level: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every law is kept, but for failures that were expected; what was skipped does not count."""
        return all(row.ok for row in self.rows)

    @property
    def failures(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.ok)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each status."""
        return dict(Counter(row.status for row in self.rows))

    @property
    def seconds(self) -> float:
        return sum(row.seconds for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "rows": [asdict(row) for row in self.rows], "ok": self.ok, "counts": self.counts}

    def to_markdown(self) -> str:
        """A table, for an issue or a README."""
        lines = [f"**{self.target}**: {self._summary()}", "", "| check | status | seconds | |", "|---|---|---|---|"]
        lines += [f"| {r.id} | {_SIGNS[r.status]} | {r.seconds:.2f} | {_cell(r.message)} |" for r in self.rows]
        return "\n".join(lines)

    def __str__(self) -> str:
        wrong = [f"  {row.status.replace('_', ' ')}: {row.id}: {row.message}" for row in self.failures]
        return "\n".join([f"{self.target}: {self._summary()}", *wrong])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def raise_if_failed(self) -> None:
        if not self.ok:
            raise ConformanceError(str(self))

    def _summary(self) -> str:
        counts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in self.counts.items())
        return (
            f"{'ok' if self.ok else 'NOT ok'}, {counts or 'nothing checked'} (level {self.level}, {self.seconds:.1f} s)"
        )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
