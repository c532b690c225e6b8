"""Writes docs/checks.md: every check of the kit, with a layer that breaks it; `python docs/checks.py -` prints it."""

from __future__ import annotations

import inspect
import itertools
import sys
import textwrap
from pathlib import Path
from typing import Any

import keras

from kpool.testing import CHECKS
from kpool.testing.check import Check
from kpool.testing.target import Target

PAGE = Path(__file__).with_suffix(".md")
TESTS = Path(__file__).resolve().parents[1] / "tests" / "testing"

INTRODUCTION = """\
<!-- written by docs/checks.py -->

# What the kit checks

`kpool check SPEC`, or `kpool.testing.check_strategy`, puts a layer through these; `--only NAME` makes one of them, or a
group. Each is shown with what goes wrong without it and with a layer that breaks it: the kit's own tests hold that it
fails there, and that the mean passes.
"""


def page() -> str:
    sys.path.append(str(TESTS))
    from mutants import MUTANTS

    parts = [INTRODUCTION]
    for group, checks in itertools.groupby(CHECKS.values(), key=lambda check: check.group):
        parts.append(f"## {group}\n")
        parts += [section(check, MUTANTS[check.id]()) for check in checks]
    return "\n".join(parts)


def section(check: Check, mutant: Any) -> str:
    said = " ".join(inspect.cleandoc(check.function.__doc__ or "").split())
    cases = f"Cases: {', '.join(check.cases)}." if check.cases != ("",) else ""
    paragraphs = [
        f"### {check.id}",
        *(textwrap.fill(text, 120) for text in (check.guards, said, cases)),
        breaks(mutant),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def breaks(mutant: Any) -> str:
    """The layer that breaks it: its source where it is one of the tests', nothing where its plugin is at fault."""
    layer = mutant.first() if isinstance(mutant, Target) else mutant
    cls = layer if isinstance(layer, type) else type(layer)
    if cls.__module__.startswith("keras."):
        return f"Broken by `keras.layers.{cls.__name__}`."
    if cls.__name__ == "Twin":
        return ""
    alone = cls.__module__ == "loud_layer"  # the fault is beside the class
    source = inspect.getsource(sys.modules[cls.__module__] if alone else cls)
    return f"Broken by:\n\n```python\n{source.strip()}\n```"


if __name__ == "__main__":
    keras.utils.disable_interactive_logging()
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
