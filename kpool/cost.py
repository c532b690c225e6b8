"""What a strategy costs, read from its text: how often it goes through a bag, each time with what the last one gave.

For a fold that follows from the `state` of its reductions, which is straight-line code: a sum that is given a maximum
of the same bag is a second pass.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from kpool.class_text import as_target, imported, lineage, of_target, tree

REDUCTION = "kpool.reductions.base:Reduction"
BAGS = "kpool.bags:Bags"

_PASSES = {1: "one pass", 2: "two passes", 3: "three passes", 4: "four passes", 5: "five passes"}
_ASKED = {
    "goes step by step": {"scan", "while_loop", "fori_loop", "LSTM", "GRU"},
    "sorts": {"sorted", "sort", "argsort"},
    "selects the largest": {"largest", "top_k"},
    "lines each bag up": {"line_up", "lined_weights", "present"},
}


def cost(target: str, root: str, *, fold: bool) -> str:
    """What the class `target` costs, down to the class `root`; "" where there is no text to tell.

    All that its modules can do counts, whatever the arguments.
    """
    modules = {name.partition(":")[0] for name, _ in lineage(target, root) if name != root}
    reductions = {each for module in modules for each in _reductions(module)}
    words = {word for module in modules for word in _attributes(tree(module))}
    words |= {word for each in reductions for word in _words(each)}
    words |= {name.rpartition(".")[2] for module in modules for name in imported(module).values()}
    asked = [said for said, methods in _ASKED.items() if methods & words]
    if fold and reductions:
        asked.append(_PASSES.get(max(map(passes, reductions)), "many passes"))
    return ", ".join(asked) or ("several passes" if modules else "")


def _reductions(module: str) -> Iterator[str]:
    """The reductions that a module imports."""
    for name in imported(module).values():
        if name.startswith("kpool.reductions."):
            found = [each for each, _ in lineage(as_target(name), REDUCTION)]
            if REDUCTION in found[1:]:
                yield found[0]


@functools.cache
def passes(reduction: str) -> int:
    """How often a reduction, `"package.module:Name"`, goes through a bag."""
    return _Reads(reduction).of_method("state")


@functools.cache
def _reads() -> frozenset[str]:
    """What of a bag depends on its elements."""
    return of_target(BAGS, "").methods - {"axis"}


@functools.cache
def _words(reduction: str) -> frozenset[str]:
    """The attributes used on the way to its state."""
    reads = _Reads(reduction)
    reads.of_method("state")
    return frozenset(reads.words)


@functools.cache
def _attributes(node: ast.AST) -> frozenset[str]:
    return frozenset(each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute))


class _Reads:
    """Follows a reduction's methods line by line: behind how many reads of the bag each name stands."""

    def __init__(self, reduction: str) -> None:
        found = lineage(reduction, REDUCTION)
        self.module = reduction.partition(":")[0]
        self.base = found[1][0] if found[1:] else ""
        self.words: set[str] = set()
        self.methods: dict[str, ast.FunctionDef] = {}
        for name, node in found:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and name != REDUCTION:
                    self.methods.setdefault(method.name, method)

    def of_method(self, name: str) -> int:
        method = self.methods.get(name)
        if method is None:
            return 0
        self.words |= _attributes(method)
        depths: dict[str, int] = {}
        made: dict[str, str] = {}
        return max(self._line(line, depths, made) for line in method.body)

    def _line(self, line: ast.stmt, depths: dict[str, int], made: dict[str, str]) -> int:
        depth = self._depth(line, depths, made)
        if isinstance(line, ast.Assign):
            for node in (node for target in line.targets for node in ast.walk(target) if isinstance(node, ast.Name)):
                depths[node.id] = depth
                made[node.id] = self._class(line.value)
        return depth

    def _depth(self, node: ast.AST, depths: dict[str, int], made: dict[str, str]) -> int:
        """Behind how many reads the value of a node stands, with those that it makes itself."""
        if isinstance(node, ast.Name):
            return depths.get(node.id, 0)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = [node.func.value, *node.args, *(keyword.value for keyword in node.keywords)]
            return max(self._depth(each, depths, made) for each in of) + self._own(node.func, made)
        below = max((self._depth(child, depths, made) for child in ast.iter_child_nodes(node)), default=0)
        return below + (self._own(node, made) if isinstance(node, ast.Attribute) else 0)

    def _own(self, node: ast.Attribute, made: dict[str, str]) -> int:
        """The reads that `bags.max`, `self._scale` or `Mean(x).over` makes."""
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if owner == "bags":
            return int(node.attr in _reads())
        if owner == "self":
            return self.of_method(node.attr)
        if ast.unparse(node.value) == "super()":
            base = _Reads(self.base)
            depth = base.of_method(node.attr)
            self.words |= base.words
            return depth
        reduction = made.get(owner, "") if owner else self._class(node.value)
        return passes(reduction) if reduction and node.attr in ("state", "over") else 0

    def _class(self, node: ast.expr) -> str:
        """The reduction that a call such as `Mean(x)` makes, or ""."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            return ""
        dotted = imported(self.module).get(node.func.id, f"{self.module}.{node.func.id}")
        return as_target(dotted) if dotted.startswith("kpool.reductions.") else ""
