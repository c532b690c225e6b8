"""What joins branches, one file each."""

from __future__ import annotations

from kpool.hookspecs import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component("add", "kpool.combinators.add:Add", "The sum of the branches' answers."),
        Component("concat", "kpool.combinators.concat:Concat", "The branches' answers side by side."),
        Component("heads", "kpool.combinators.heads:Heads", "Several outputs from one input, as a dict."),
        Component(
            "max_of", "kpool.combinators.max_of:MaxOf", "The largest of the branches' answers, number by number."
        ),
        Component("mix", "kpool.combinators.mix:Mix", "A learned convex mixture of the branches' answers."),
    ]
