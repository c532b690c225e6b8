"""Writes a generated part into the README, between the two comments that name its writer."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def marks(writer: str) -> tuple[str, str]:
    return f"<!-- written by docs/{writer}.py -->", f"<!-- end of what docs/{writer}.py wrote -->"


def part(writer: str) -> str:
    """What the README holds now."""
    begin, end = marks(writer)
    return README.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0].strip()


def write(writer: str, new: str) -> None:
    begin, end = marks(writer)
    text = README.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise SystemExit(f"README.md lacks {begin} or {end}")
    README.write_text(f"{before}{begin}\n\n{new}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
