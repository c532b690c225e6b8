"""Parses many wrong specs under watch: `python fuzz.py 100000` prints what came of it, as JSON."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any

from watching import watched

import kpool
from kpool.spec import parse_region

SEEDS = (
    "concat(mean, gem(p=3) | l2_norm) | dropout(0.2) | dense(10, activation=softmax)",
    "gem(p=3, over=window([2, 3], strides=1, padding=same))",
    "attention(heads=4, return=none) | heads(a=dense(2), b=mlp([8, 8]))",
    "basic/max(over=pyramid([1, 2, 4])) | batch_norm",
    "mean(over=segments(5)) | dense(classes)",
)
PIECES = (
    *("(", ")", "[", "]", ",", "=", "|", "/", ".", "'", '"', "\\", "\0", "\n", " ", "#", ";", "{", "}", "%s", "μ"),
    *("__import__('os').system('true')", "eval", "exec(", "open('/etc/passwd')", "lambda: 0", "os.system", "../x"),
    *("kpool.heads:Head", "kpool>Head", "tf.keras.layers.Lambda", "TFSMLayer('x')", "local/x", "acme/gem", "name="),
    *("mean", "gem", "dense", "over=", "window(2)", "p=", "true", "none", "1e400", "nan", "-1", "9" * 30, "0x10"),
)
TREES = ({"use": "mean"}, {"use": "os.system"}, {"kpool": 1, "pipe": []}, [], None, "mean", 1e400, {"of": [[]]})


def mutated(rng: random.Random) -> str:
    """A spec with a few pieces put in, taken out, doubled or exchanged; now and then nothing but pieces."""
    if rng.random() < 0.1:
        return "".join(rng.choice(PIECES) for _ in range(rng.randrange(30)))
    if rng.random() < 0.05:
        return "".join(chr(rng.randrange(sys.maxunicode) % 0xD800) for _ in range(rng.randrange(60)))
    text = rng.choice(SEEDS)
    for _ in range(rng.randrange(1, 5)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randrange(8))
        put = rng.choice((rng.choice(PIECES), "", text[start:end] * 2, rng.choice(SEEDS)))
        text = text[:start] + put + text[end:]
    return text


def twin(rng: random.Random, depth: int = 4) -> Any:
    """A JSON twin, mostly wrong."""
    if not depth or rng.random() < 0.2:
        return rng.choice((rng.choice(PIECES), rng.choice(TREES), rng.randrange(-5, 5), [rng.choice(PIECES)]))
    call = {"use": rng.choice(PIECES), rng.choice(("p", "over", "of", "units", "__class__")): twin(rng, depth - 1)}
    return {"kpool": 1, "pipe": [call, twin(rng, depth - 1)]} if depth == 4 else call


def attempts(rng: random.Random, number: int) -> list[tuple[Callable[[Any], Any], Any]]:
    """What is tried: nine specs to one JSON twin, and a region in between."""
    kinds = (*[(kpool.parse, mutated)] * 8, (parse_region, mutated), (kpool.Spec.from_json, twin))
    chosen = (rng.choice(kinds) for _ in range(number))
    return [(read, make(rng)) for read, make in chosen]


def outcome(read: Callable[[Any], Any], given: Any) -> str:
    try:
        read(given)
    except kpool.SpecError:
        return "SpecError"
    except Exception as error:
        return f"{type(error).__name__} for {given!r:.300}"
    return "parsed"


def main(number: int) -> None:
    """Warm up, since a module that is first used is imported then; then parse under watch."""
    for read, given in attempts(random.Random(1), 3000):  # noqa: S311 (no secret)
        outcome(read, given)
    tried = attempts(random.Random(2), number)  # noqa: S311
    counts: dict[str, int] = {}
    with watched() as events:
        for read, given in tried:
            end = outcome(read, given)
            counts[end] = counts.get(end, 0) + 1
    heavy = sorted({"keras", "tensorflow", "numpy"} & set(sys.modules))
    print(json.dumps({"counts": counts, "events": events[:20], "heavy": heavy}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
