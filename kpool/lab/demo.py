"""The demonstration: ten heads on handwritten digits."""

from __future__ import annotations

from importlib import resources


def specs() -> list[str]:
    """The config strings of `demo.txt`."""
    lines = resources.files(__package__).joinpath("demo.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
