"""What the kit says of each strategy, kept in docs/catalogue/kit.json beside the digest of the text it was said of."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import math
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import processes

import kpool
from kpool.class_text import text_of
from kpool.hookspecs import Component

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "docs" / "catalogue" / "kit.json"
LENGTHS = (512, 2048)
_HEAD = re.compile(r"^@check\(.*?^def \w+", re.MULTILINE | re.DOTALL)


@functools.cache
def reports() -> dict[str, Any]:
    """The reports by strategy."""
    return json.loads(REPORTS.read_text(encoding="utf-8")) if REPORTS.exists() else {}


@functools.cache
def digest(target: str) -> str:
    """Of a strategy's code and of which checks there are."""
    return _hash(code(text_of(target.partition(":")[0])) + checks())


@functools.cache
def code_digest(target: str) -> str:
    """Of a strategy's code alone."""
    return _hash(code(text_of(target.partition(":")[0])))


@functools.cache
def checks() -> str:
    """The heads of the kit's checks, with their cases."""
    files = sorted((ROOT / "kpool" / "testing").glob("*.py"))
    texts = (file.read_text(encoding="utf-8") for file in files)
    return "\n".join(head for text in texts for head in _HEAD.findall(text))


def code(text: str) -> str:
    """Without docstrings and comments."""
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said |= set(range(node.lineno, node.end_lineno + 1))
    lines = (line.strip() for i, line in enumerate(text.splitlines(), 1) if i not in said)
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def refresh(components: Iterable[Component]) -> None:
    """Put what has no report of its present text through the kit; drop what is no longer there.

    Raises:
        SystemExit: some break a law; they get no report.
    """
    found = {component.name: digest(component.target) for component in components}
    kept = {name: made for name, made in reports().items() if made["text"] == found.get(name)}
    broken = []
    waiting = sorted(found.keys() - kept.keys())
    sys.path.append(str(ROOT / "tests" / "conformance"))  # for processes too: they start with this one's path
    for name, made in processes.each(report, waiting):
        if made is None:
            broken.append(name)
        else:
            kept[name] = {"text": found[name], **made}
        REPORTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    reports.cache_clear()
    if broken:
        raise SystemExit(f"these break a law: {', '.join(sorted(broken))}; see `kpool check`")


def report(name: str) -> dict[str, Any] | None:
    """What the kit finds, if no law is broken."""
    from targets import EXPECTED_FAILURES

    from kpool.testing import check_strategy

    # what the oracle compares with is in the strategy's test
    made = check_strategy(name, skip=["oracle"], expected_failures=EXPECTED_FAILURES.get(name))
    print(made, flush=True)
    if not made.ok:
        return None
    skipped = {row.id: row.message for row in made.rows if row.status == "skipped"}
    skipped |= {row.check: EXPECTED_FAILURES[name][row.check] for row in made.rows if row.status == "expected_failure"}
    return {
        "level": made.level,
        "passed": made.counts["passed"],
        "skipped": skipped,
        "growth": growth(kpool.strategies()[name]),
    }


def growth(component: Component) -> float:
    """The power of a bag's size with which the number of computed values grows."""
    sizes = [values(component, length) for length in LENGTHS]
    return round(math.log(sizes[1] / sizes[0]) / math.log(LENGTHS[1] / LENGTHS[0]), 1)


def values(component: Component, length: int) -> int:
    """How many values are computed of one bag: the elements of all tensors of the layer's graph."""
    import tensorflow as tf

    layer = component.load()()
    shape = (1, length // 16, 16, 8)  # an image: some strategies take nothing else
    layer.build(shape)
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec(shape)).graph
    outputs = (tensor.shape for operation in graph.get_operations() for tensor in operation.outputs)
    return sum(shape.num_elements() or 0 for shape in outputs if shape.rank is not None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
