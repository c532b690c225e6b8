"""For who writes a plugin: new-plugin, doctor, check."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpool.cli.output import Json, print_json

if TYPE_CHECKING:
    from kpool.doctor import Finding

_SIGNS = {"failed": "✗", "skipped": "–"}


def new_plugin(
    name: Annotated[str, typer.Argument(help="Such as soft-rank; the distribution is kpool-soft-rank.")],
    out: Annotated[Path, typer.Option(help="The folder in which its folder is made.")] = Path("."),
) -> None:
    """Write a plugin of your own: it installs, is found and passes the kit as it is."""
    from kpool.scaffold import write_plugin

    folder = write_plugin(name, out)
    typer.echo(
        f"{folder} is a plugin. Your formula goes into its layers.py, and in NumPy into its test. Next:\n"
        f'    python -m pip install -e "{folder}[test]"\n'
        f"    kpool doctor {name.replace('-', '_')}\n"
        f"    python -m pytest {folder}"
    )


def doctor(
    plugin: Annotated[str, typer.Argument(help="A plugin's id, as `kpool plugins` shows it; all if none.")] = "",
    as_json: Json = False,
) -> None:
    """Examine plugins in processes of their own, and say what is wrong; exit code 1 if anything is."""
    from kpool.doctor import examine

    found = list(examine(plugin))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        typer.echo("\n".join(_lines(found)))
    if any(finding.status == "failed" for finding in found):
        raise typer.Exit(1)


def check(
    spec: Annotated[str, typer.Argument(help="A strategy's name, or a spec: 'gem(p=2, over=window(2))'.")],
    only: Annotated[list[str] | None, typer.Option(help="A check, or a group of checks; may be repeated.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="A table of every check.")] = False,
    as_json: Json = False,
) -> None:
    """Put a strategy through the conformance kit; exit code 1 if it breaks a law."""
    from kpool.lab.quiet import start_keras

    start_keras()
    from kpool.testing import check_strategy

    report = check_strategy(spec, only=only or None)
    if as_json:
        print_json(report.to_json())
    else:
        typer.echo(report.to_markdown() if markdown else str(report))
    if not report.ok:
        raise typer.Exit(1)


def _lines(found: list[Finding]) -> Iterator[str]:
    """For each plugin and each of its components: what is in order in one line, all else in a line each."""
    for (plugin, component), group in itertools.groupby(found, key=lambda f: (f.plugin, f.component)):
        findings = list(group)
        name = f"{plugin}/{component}" if component else plugin
        fine = [finding.message or finding.check for finding in findings if finding.status == "passed"]
        if fine:
            yield f"✓ {name}: {', '.join(fine)}"
        for finding in findings:
            if finding.status != "passed":
                yield f"{_SIGNS[finding.status]} {name}: {finding.check}: {finding.message}"
