"""What a strategy costs, read from the words of its text: what it does with a bag, and how often it goes through it."""

from __future__ import annotations

import ast
import functools

from kpool.class_text import imported, lineage, tree

ASKED = {
    "goes step by step": {"fold_steps", "scan", "while_loop", "fori_loop", "LSTM", "GRU"},
    "sorts": {"sorted", "sort", "argsort", "mean_of_largest", "neighbours"},
    "selects the largest": {"largest", "mean_of_largest", "top_k", "TopK"},
    "lines each bag up": {"line_up", "lined_weights", "present", "Gram", "PositionMean", "Products", "SecondMoment"},
}
"""What is done with a bag, by the methods and the reductions that do it."""

PASSES = {
    "one pass": {"Count", "First", "Gram", "Last", "Max", "Mean", "Min", "PositionMean", "Products", "Sum", "TopK"},
    "two passes": {"LogMeanExp", "Moments", "PowerMean", "SecondMoment", "SoftmaxSum"},
    "four passes": {"WeightedMoments"},
}
"""How often a reduction goes through a bag, each time with what the last one gave; a test counts them."""


def cost(target: str, root: str, *, fold: bool) -> str:
    """What the class `target` costs, down to the class `root`; "" where there is no text to tell.

    All that its modules can do counts, whatever the arguments.
    """
    modules = {name.partition(":")[0] for name, _ in lineage(target, root) if name != root}
    names = {name for module in modules for name in imported(module).values()}
    words = {name.rpartition(".")[2] for name in names}.union(*map(_attributes, modules))
    asked = [said for said, methods in ASKED.items() if methods & words]
    if fold:
        reductions = {name.removeprefix("kpool.reductions.") for name in names}
        asked += [said for said, of in PASSES.items() if of & reductions][-1:]
    return ", ".join(asked) or ("several passes" if modules else "")


@functools.cache
def _attributes(module: str) -> frozenset[str]:
    return frozenset(each.attr for each in ast.walk(tree(module)) if isinstance(each, ast.Attribute))
