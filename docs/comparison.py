"""Writes the README's comparison from a finished `kpool demo`.

kpool demo --out kpool-results && python docs/comparison.py kpool-results
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import readme

PICTURE = Path(__file__).resolve().parent / "comparison.png"


def table(results: dict[str, Any]) -> str:
    """The heads in the order of their validation accuracy, in Markdown."""
    heads = sorted(results["heads"], key=lambda head: -head["validation_accuracy"]["mean"])
    rows = [
        "| head | test accuracy, % | parameters of the head | training, s | ms per example |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join(rows + [row(head) for head in heads])


def row(head: dict[str, Any]) -> str:
    accuracy = head["test_accuracy"]
    return (
        f"| `{head['given'].partition(' | dense')[0]}` | {100 * accuracy['mean']:.2f} ± {100 * accuracy['std']:.2f} "
        f"| {head['head_parameters']:,} | {head['train_seconds']:.1f} | {head['ms_per_example']:.3f} |"
    )


def caption(results: dict[str, Any]) -> str:
    data, settings, versions = results["data"], results["settings"], results["versions"]
    seeds = len({trial["seed"] for trial in results["trials"]})
    example = 100 / data["test"]
    return (
        f"`kpool demo`: {data['name']}, {data['train']} examples to learn from, {data['validation']} to choose by, "
        f"{data['test']} to report on; {settings['epochs']} epochs, mean ± standard deviation over {seeds} seeds, best "
        f"validation accuracy first; every head ends with `| dense(classes)`. One test example is {example:.2f} %, so "
        "the first few cannot be told apart. "
        f"kpool {versions['kpool']}, Keras {versions['keras']}, TensorFlow {versions['tensorflow']}, "
        f"{results['machine']['cores']} CPU cores."
    )


def main(folder: Path) -> None:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    shutil.copyfile(folder / "comparison.png", PICTURE)
    picture = "![test accuracy of each head, with error bars](docs/comparison.png)"
    readme.write("comparison", f"{picture}\n\n{table(results)}\n\n{caption(results)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
