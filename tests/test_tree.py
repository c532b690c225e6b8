"""Laws about the tree itself: which way imports point, what may stand where, and that no list is kept twice."""

from __future__ import annotations

import ast
import configparser
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import kpool

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")

# Innermost first. A module imports from the layers above its own line, and from its own package.
LAYERS = (
    {"errors", "parameters"},
    {"files", "hookspecs"},
    {"class_text"},
    {"hookcalls", "selection", "signature_text"},
    {"discovery", "terminal"},
    {"complaints"},
    {"cost", "registry", "signatures"},
    {"spec"},
    {"arguments", "cards", "distributions"},
    {"inner", "layout", "ops", "unallocated", "vetting"},
    {"guess", "inspection", "ranked"},
    {"bags", "constraints", "masks"},
    {"reductions"},
    {"region", "stream"},
    {"cluster", "configured"},
    {"cutting", "eager"},
    {"pooling"},
    {"pipe"},
    {"answers", "combinators", "heads"},
    {"exported", "saving", "workers"},
    {"exporting", "lowering"},
    {"factory", "lowered"},
    {"shards"},
    {"__init__"},
    {"lab", "testing"},
    {"bench", "doctor", "scaffold"},
    {"cli"},
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

REQUIRED = {
    *("setup.cfg", "tox.ini", "pyproject.toml", "ruff.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
    "SECURITY.md",
    *("kpool", "plugins", "tests", "notebooks", "docs", ".ci", ".gitignore"),
}
OPTIONAL = {"benchmarks", "examples"}

# What other libraries are timed with.
PEERS = {
    *("first", "last", "max", "mean", "median(interpolation=lower)", "min", "position_mean", "softmax", "sqrt_mean"),
    *("std", "sum"),
}
FORMULAS = {"concat(mean, max, std)", "gem(trainable=false)", "lp", "lse", "stats"}

# Literals in kpool/ that read as a strategy and are none, with the reason.
# (What `kpool demo` compares are strategies, and therefore data: kpool/lab/demo.txt.)
NO_STRATEGY = {
    "bench/peers/formulas.py": (PEERS - {"position_mean"} | FORMULAS, "what other libraries have, by its name here"),
    "bench/peers/layers.py": ({"max", "mean"}, "what other libraries have, by its name here"),
    "bench/peers/libraries.py": (PEERS, "what other libraries have, by its name here"),
    "bench/peers/modules.py": ({"gem", "attention", "dot_attention"}, "what people write in PyTorch, by its name here"),
    "cost.py": ({"top_k"}, "an operation, by Keras's name"),
    "parameters.py": ({"softmax"}, "an activation, by Keras's name"),
    "lab/model.py": ({"softmax"}, "an activation, by Keras's name"),
    "lab/results.py": ({"mean", "std"}, "columns of results.json: over the seeds"),
    "ops/__init__.py": ({"softmax"}, "an operation, by Keras's name"),
    "ops/resampling.py": ({"bilinear"}, "a kernel"),
    "ops/scattering.py": ({"sum"}, "a way to scatter, by PyTorch's name"),
    "reductions/extremes.py": ({"max"}, "a field of a reduction's state"),
    "reductions/moments.py": ({"mean"}, "a field of a reduction's state"),
    "reductions/power.py": ({"sum"}, "a field of a reduction's state"),
    "reductions/products.py": ({"mean"}, "a field of a reduction's state"),
    "reductions/softmax.py": ({"sum"}, "a field of a reduction's state"),
    "reductions/spread.py": ({"ecapa"}, "a convention, by the name of who has it"),
    "reductions/sums.py": ({"sum"}, "a field of a reduction's state"),
    "reductions/weighted.py": ({"mean"}, "a field of a reduction's state"),
    "testing/numerics.py": ({"stochastic"}, "a trait"),
}

# Files of plugins without a component, with the reason.
NO_COMPONENT = {"plugins/vision/max_unpool.py": "a layer of two inputs: no spec can name it"}

MODULES = sorted(path for folder in ("kpool", "plugins") for path in (ROOT / folder).rglob("*.py"))
STRATEGY_FILES = [path for path in sorted((ROOT / "plugins").glob("*/*.py")) if path.stem != "__init__"]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def nodes(tree: ast.AST, *, deferred: bool) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING`; with or without those that run only when a function is called."""
    for node in ast.iter_child_nodes(tree):
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not for_types and (deferred or not isinstance(node, ast.FunctionDef)):
            yield node
            yield from nodes(node, deferred=deferred)


def imports(path: Path, *, deferred: bool) -> set[str]:
    """The modules a file imports; of `from package import name`, the module `package.name` where there is one."""
    found = set()
    for node in nodes(ast.parse(path.read_text(encoding="utf-8")), deferred=deferred):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}: imports are written in full"
            names = [alias.name for alias in node.names if alias.name != "__version__"]
            modules = {dotted(module) for module in MODULES}
            full = [f"{node.module}.{name}" for name in names]
            found |= {name if name in modules else str(node.module) for name in full}
    return found


def layer(module: str) -> str:
    return [*module.split("."), "__init__"][1]


IMPORTS = {dotted(path): imports(path, deferred=True) for path in MODULES}


def test_every_module_has_its_layer() -> None:
    assert {layer(dotted(path)) for path in (ROOT / "kpool").rglob("*.py")} == set(RANK)


@pytest.mark.parametrize("module", [name for name in IMPORTS if name.startswith("kpool.")])
def test_frame_imports_point_inwards(module: str) -> None:
    for target in IMPORTS[module]:
        package = target.partition(".")[0]
        assert package not in ("kpool_plugins", "plugins"), f"{module} imports a plugin"
        if package == "kpool" and layer(target) != layer(module):
            assert RANK[layer(target)] < RANK[layer(module)], f"{module} imports {target}, which is further out"


def test_no_import_goes_in_a_circle() -> None:
    frame = {dotted(path): imports(path, deferred=False) for path in (ROOT / "kpool").rglob("*.py")}
    order = list(graphlib.TopologicalSorter(frame).static_order())  # raises CycleError
    assert order.index("kpool.errors") < order.index("kpool.registry")


@pytest.mark.parametrize("path", STRATEGY_FILES, ids=short)
def test_plugin_imports_no_other_plugin(path: Path) -> None:
    assert not [name for name in IMPORTS[dotted(path)] if name.partition(".")[0] in ("kpool_plugins", "plugins")]


def literals(path: Path) -> Iterator[str]:
    """The strings of a file that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def strategies_of(text: str, known: set[str]) -> set[str]:
    """The strategies that `text` names, if it is a spec."""
    if not known & set(re.findall(r"\w+", text)):
        return set()
    for names in ({}, {"classes": 2}):
        try:
            canonical = str(kpool.parse(text, **names))
        except kpool.SpecError:
            continue
        return known & set(re.findall(r"\w+(?=\()", canonical))
    return set()


def test_frame_names_no_strategy() -> None:
    ours = {name: c for name, c in kpool.strategies().items() if c.target.startswith("kpool_plugins.")}
    classes = {component.target.partition(":")[2] for component in ours.values()}
    for path in (ROOT / "kpool").rglob("*.py"):
        place = path.relative_to(ROOT / "kpool").as_posix()
        allowed, _ = NO_STRATEGY.get(place, (set(), ""))
        named = {text for text in literals(path) if strategies_of(text, set(ours)) and text not in allowed}
        assert not named, f"{short(path)} names strategies: {named}"
        words = {getattr(node, "id", "") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))}
        assert not words & classes, f"{short(path)} uses {words & classes}"


def test_exceptions_are_still_needed() -> None:
    for place, (texts, _) in NO_STRATEGY.items():
        assert texts <= set(literals(ROOT / "kpool" / place)), f"kpool/{place}: drop the exception"


def components(path: Path) -> list[tuple[str, str]]:
    """The names, and the classes or functions, of the strategies or stages in a file."""
    family = path.parent.name
    given = kpool.stages() if family == "stages" else kpool.strategies()
    module = f"kpool_plugins.{family}.{path.stem}"
    return [(c.name, c.target.partition(":")[2]) for c in given.values() if c.target.startswith(f"{module}:")]


def test_files_without_a_component_have_none() -> None:
    for place in NO_COMPONENT:
        assert not components(ROOT / place), f"{place}: drop the exception"


@pytest.mark.parametrize("path", [path for path in STRATEGY_FILES if short(path) not in NO_COMPONENT], ids=short)
def test_plugin_file_has_its_component(path: Path) -> None:
    names = components(path)
    assert [name for name, _ in names] == [path.stem]
    definitions = {
        node.name: node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    target = definitions[names[0][1]]
    if path.parent.name != "stages":
        assert isinstance(target, ast.ClassDef)
        assert {k.arg: ast.literal_eval(k.value) for k in target.keywords if k.arg == "name"} == {"name": path.stem}


def test_plugin_files_and_their_tests_are_the_same_list() -> None:
    tests = (ROOT / "tests" / "plugins").glob("*/test_*.py")
    tested = {f"plugins/{test.parent.name}/{test.stem.removeprefix('test_')}.py" for test in tests}
    assert tested == {short(path) for path in STRATEGY_FILES}


def test_entry_points_are_the_plugins_on_disk() -> None:
    lines = SETUP["options.entry_points"]["kpool"].strip().splitlines()
    entries = dict(line.replace(" ", "").split("=") for line in lines)
    families = {path.parent.name: f"kpool_plugins.{path.parent.name}" for path in STRATEGY_FILES}
    assert {id: module for id, module in entries.items() if module.startswith("kpool_plugins")} == families
    hooked = {dotted(path) for path in (ROOT / "kpool").rglob("*.py") if "\n@hookimpl" in path.read_text("utf-8")}
    assert set(entries.values()) - set(families.values()) == hooked


def test_packages_are_those_on_disk() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in MODULES}
    packages = {folder.replace("/", ".") for folder in folders}
    assert set(SETUP["options"]["packages"].split()) == {re.sub("^plugins", "kpool_plugins", p) for p in packages}


def test_every_import_is_declared() -> None:
    """What kpool/ and plugins/ import is required, or in an extra, by name."""
    extras = SETUP["options.extras_require"]
    declared = SETUP["options"]["install_requires"].split() + extras["lab"].split() + extras["test"].split()
    declared += extras["peers"].split()
    names = {Requirement(line).name for line in declared}
    used = {name.partition(".")[0] for targets in IMPORTS.values() for name in targets}
    used -= sys.stdlib_module_names | {"kpool", "kpool_plugins", "jax", "torch"}  # backends are the user's choice
    owners = packages_distributions()
    assert {name for name in used if not names & set(owners.get(name, [name.replace("_", "-")]))} == set()


def test_top_level_holds_what_it_should() -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    assert {file.partition("/")[0] for file in files if file and (ROOT / file).exists()} - OPTIONAL == REQUIRED


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) <= 200
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("kpool_"):  # a list
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            body = lines[first.lineno - 1 : node.end_lineno]
            code = [line for line in body if line.strip() and not line.strip().startswith("#")]
            assert len(code) <= 30, f"{node.name} has {len(code)} lines"


def test_ci_runs_the_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["/bin/bash", "-n", script], check=True)
    command, machines = script.read_text(encoding="utf-8").splitlines()[-2:]
    fences = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    assert command == "python -m pip install tox && tox run"
    assert machines == "tox run -e machines"
    assert command in [line for fence in fences for line in fence.splitlines()]


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_matrices_are_multiplied_by_one_function(path: Path) -> None:
    """TensorFlow's `@` corrupts memory for some shapes: see `kpool.ops.matmul`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    products = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult)]
    assert not [f"{short(path)}:{product.lineno}" for product in products]
