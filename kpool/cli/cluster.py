"""Options of the commands that a Ray cluster can run."""

from __future__ import annotations

from typing import Annotated

import typer

ENGINES = ("local", "ray")
Address = Annotated[
    str | None,
    typer.Option(
        help="Of a Ray cluster that runs: auto, host:6379 or ray://host:10001. If not given, one is started of this "
        "machine's cores."
    ),
]
