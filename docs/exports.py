"""Writes docs/exports.md: where each strategy runs, as found by sending a model of it there.

python docs/exports.py          the page, of what docs/exports.json says
python docs/exports.py --run    and before that every strategy whose code has changed: minutes
"""

from __future__ import annotations

import functools
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import Any

import processes
import verdicts

import kpool
from kpool.hookspecs import Component

PAGE = Path(__file__).resolve().with_suffix(".md")
RUNS = PAGE.with_suffix(".json")
FILES = {"tf_saved_model": "saved", "litert": "m.tflite", "onnx": "m.onnx"}
TARGETS = {"tf_saved_model": "SavedModel", "litert": "LiteRT", "onnx": "ONNX", "keras": "Keras alone"}
OPEN = ("known", "any")

_DETAIL = re.compile(r"(\. | \()\w+: .*$")

TEXT = """\
<!-- written by docs/exports.py -->
# Where a model goes

A model of each strategy is sent to each target and run there, with a mask and an empty row: SavedModel in TensorFlow,
LiteRT of built-in operations only, ONNX in onnxruntime, all by `kpool.export`; and by `kpool.lower` Keras's own
operations, without kpool. The number is the largest difference from the layer's answer, as a share of the largest
number in it; none means the same to the bit, and up to 1e-06 counts as the same. Lengths are known to the model, or any
(`None`, run at two of them); the batch is of any size.

"""


def page() -> str:
    rows = [f"| strategy | {' | '.join(TARGETS.values())} |", f"|{' --- |' * (len(TARGETS) + 1)}"]
    rows += [f"| {name} | {' | '.join(cell(found[target]) for target in TARGETS)} |" for name, found in current()]
    with_what = ", ".join(f"{name} {version}" for name, version in runs().get("versions", {}).items())
    parts = [TEXT + "\n".join(rows), f"With {with_what}.", "## What does not go, and why", "\n".join(reasons())]
    return "\n\n".join(parts) + "\n"


def cell(found: dict[str, float | str]) -> str:
    """One strategy and target."""
    right = {length: found[length] for length in OPEN if not isinstance(found[length], str)}
    if not right:
        return "no"
    lengths = "any length" if "any" in right else "known length"
    return f"{lengths}, {largest:.0e}" if (largest := max(right.values())) else lengths


def reasons() -> Iterator[str]:
    """A paragraph for each message, with all that it was said of."""
    said: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, found in current():
        for target, title in TARGETS.items():
            for length in OPEN:
                if isinstance(message := found[target][length], str):
                    said[_DETAIL.sub("", message).removeprefix(f"{name} ")][f"{title}, {length} length"].append(name)
    for message, places in said.items():
        yield f"- {message}\n" + "\n".join(f"  - {place}: {', '.join(names)}" for place, names in places.items())


def current() -> Iterator[tuple[str, dict[str, Any]]]:
    """What was found of the code as it stands."""
    found = runs().get("strategies", {})
    yield from ((c.name, found[c.name]) for c in strategies() if found.get(c.name, {}).get("text") == text(c))


@functools.cache
def runs() -> dict[str, Any]:
    return json.loads(RUNS.read_text(encoding="utf-8")) if RUNS.exists() else {}


def strategies() -> list[Component]:
    return sorted(
        (c for c in kpool.strategies().values() if c.builtin and c.plugin != "combinators"), key=attrgetter("name")
    )


def text(component: Component) -> str:
    return verdicts.code_digest(component.target)


def refresh() -> None:
    """Send out what has not been since its code was changed."""
    kept = dict(current())
    waiting = {c.name: text(c) for c in strategies() if c.name not in kept}
    for name, found in processes.each(sent, waiting):
        kept[name] = {"text": waiting[name], **found}
        made = {"versions": versions(), "strategies": dict(sorted(kept.items()))}
        RUNS.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    runs.cache_clear()


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("tensorflow", "keras", "tf2onnx", "onnxruntime")}


def sent(name: str) -> dict[str, dict[str, float | str]]:
    """What becomes of a model of it, by target and by whether its lengths are known: a difference, or an error."""
    from kpool.testing.naming import as_target

    target = as_target(name)
    known, more = target.positions, tuple(2 * n - 1 for n in target.positions)
    sizes = {"known": (known, [known]), "any": ((None,) * len(known), [known, more])}
    found = {kind: {length: arrived(target, kind, *sizes[length]) for length in OPEN} for kind in TARGETS}
    print(name, found, flush=True)
    return found


def arrived(target: Any, kind: str, positions: tuple[int | None, ...], sizes: list[tuple[int, ...]]) -> float | str:
    from kpool.testing.models import feed, model_of

    try:
        model = model_of(target, positions=positions)
        samples = [feed(target, positions=size, empty=1) for size in sizes]
        return lowered(model, samples) if kind == "keras" else exported(model, samples, kind)
    except kpool.KpoolError as error:
        return " ".join(str(error).split())


def exported(model: Any, samples: list[Any], kind: str) -> float:
    with tempfile.TemporaryDirectory(prefix="kpool-exports-") as folder:
        return kpool.export(model, Path(folder) / FILES[kind], kind, samples=samples).difference


def lowered(model: Any, samples: list[Any]) -> float:
    from kpool.answers import models_apart

    return models_apart(kpool.lower(model), model, samples)


if __name__ == "__main__":
    if sys.argv[1:] == ["--run"]:
        refresh()
    PAGE.write_text(page(), encoding="utf-8")
