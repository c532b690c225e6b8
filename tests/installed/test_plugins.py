"""kpool-acme and eleven plugins with something wrong, installed side by side: each ends in its own state, alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import Environment, MakeEnvironment, write_wheel

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
BROKEN = TESTS / "broken_plugins"

# The module, and by plugin what becomes of it: its state, a part of the error, the line at which it fails.
STATES = {
    "exits": ("import_failed", "SystemExit: 3", "raise SystemExit(3)"),
    "future": ("incompatible", "it needs 'kpool>=9000'", ""),
    "half_way": ("bad_hook", "RuntimeError: half-way", '    raise RuntimeError("half-way")'),
    "import_error": ("import_failed", "No module named 'nowhere_at_all'", "import nowhere_at_all  # noqa: F401"),
    "misspelt_hook": ("bad_hook", "there is no hook 'kpool_strategys'", "@hookimpl"),
    "raising_hook": ("bad_hook", "KeyError: 'missing'", '    return [{}["missing"]]'),
    "rival": ("ok", "", ""),
    "slow": ("ok", "", ""),
    "twin_one": ("duplicate", "kpool-twin-one 1.0 and kpool-twin-two 1.0 have a plugin of the same id", ""),
    "twin_two": ("duplicate", "kpool-twin-one 1.0 and kpool-twin-two 1.0 have a plugin of the same id", ""),
    "usurper": ("conflict", "mean: a built-in has that name", ""),
    "wrong_type": ("invalid_component", "Component objects, not 'wrong'", "@hookimpl"),
}
WARNED = {name for name, (state, _, _) in STATES.items() if state != "ok"}


def distribution(name: str) -> str:
    return f"kpool-{name.replace('_', '-')}"


@pytest.fixture(scope="module")
def crowded(make_environment: MakeEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment, wheels = make_environment("crowded"), tmp_path_factory.mktemp("wheels")
    acme = shutil.copytree(TESTS / "third_party_plugin", wheels / "acme")  # setuptools builds in the tree
    made = [
        write_wheel(
            wheels,
            distribution(name),
            "twin" if name.startswith("twin") else name,
            BROKEN / f"kpool_{name}.py",
            "kpool>=9000" if name == "future" else "kpool>=0.1",
        )
        for name in STATES
    ]
    environment.install(acme, *made)
    return environment


@pytest.fixture(scope="module")
def listed(crowded: Environment) -> tuple[dict[str, Any], str]:
    """What `kpool plugins` says of every distribution, and what it warns of."""
    done = crowded.run("kpool", "plugins", "--json")
    return {record["distribution"]: record for record in json.loads(done.stdout)}, done.stderr


def test_every_module_of_the_corpus_has_its_row() -> None:
    assert {path.stem for path in BROKEN.glob("*.py")} == {f"kpool_{name}" for name in STATES}


@pytest.mark.parametrize("name", STATES)
def test_each_ends_in_its_own_state(listed: tuple[dict[str, Any], str], name: str) -> None:
    state, error, line = STATES[name]
    record = listed[0][distribution(name)]
    assert record["state"] == state
    assert error in record["error"]
    assert bool(record["where"]) == bool(line)
    if line:
        path, _, number = record["where"].rpartition(":")
        assert Path(path).read_text(encoding="utf-8").splitlines()[int(number) - 1] == line


def test_each_is_warned_about_once(listed: tuple[dict[str, Any], str]) -> None:
    lines = [line for line in listed[1].splitlines() if line]
    assert len(lines) == len(WARNED)
    for name in WARNED:
        (line,) = [line for line in lines if f" of {distribution(name)} 1.0:" in line]
        assert listed[0][distribution(name)]["where"] in line


def test_acme_and_the_built_ins_are_untouched(listed: tuple[dict[str, Any], str], crowded: Environment) -> None:
    records = listed[0]
    assert (records["kpool-acme"]["state"], records["kpool-acme"]["version"]) == ("ok", "0.3.0")
    assert records["kpool-usurper"]["components"] == ["sibling"]
    builtin = json.loads(crowded.run("kpool", "list", "--json").stdout)
    assert {"mean", "dense", "window", "acme/geometric_mean", "late"} <= {component["name"] for component in builtin}


def test_the_slow_one_is_seen_to_be_slow(crowded: Environment) -> None:
    slowest, *others = json.loads(crowded.run("kpool", "plugins", "--json", "--timings").stdout)
    assert slowest["id"] == "slow"
    assert slowest["seconds"] >= 0.3 > sum(record["seconds"] for record in others)


PARSED = {
    "acme/geometric_mean": "acme/geometric_mean",
    "sibling | dense(3)": "usurper/sibling | dense(3)",
    "concat(mean, late)": "concat(mean, slow/late)",
}
REFUSED = {
    "geometric_mean": "'geometric_mean' is given by several plugins: write 'acme/geometric_mean' (kpool-acme 0.3.0)",
    "half": "It may be given by plugin 'half_way' of kpool-half-way 1.0: bad hook",
    "usurper/mean": "It may be given by plugin 'usurper' of kpool-usurper 1.0: conflict",
}


@pytest.mark.parametrize("spec", PARSED)
def test_all_others_are_usable(crowded: Environment, spec: str) -> None:
    assert crowded.run("kpool", "parse", spec).stdout.strip() == PARSED[spec]


@pytest.mark.parametrize("spec", REFUSED)
def test_what_is_not_usable_says_why(crowded: Environment, spec: str) -> None:
    done = crowded.run("kpool", "parse", spec, check=False)
    assert done.returncode == 2
    assert REFUSED[spec] in done.stderr


def test_strict_mode_stops_at_the_first(crowded: Environment) -> None:
    done = crowded.run("kpool", "list", check=False, KPOOL_STRICT_PLUGINS="1")
    assert done.returncode == 2
    assert done.stderr.startswith("plugin 'exits' of kpool-exits 1.0: import failed at ")
    assert crowded.run("kpool", "list", KPOOL_STRICT_PLUGINS="1", KPOOL_PLUGINS="acme,slow,rival").stderr == ""


BUILD = """
import keras, numpy as np, kpool
x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
inputs = keras.Input((None, 3))
outputs = [kpool.head("acme/geometric_mean | dense(2)")(inputs), kpool.pool("acme/geometric_mean")(inputs)]
model = keras.Model(inputs, outputs)
np.testing.assert_allclose(model(x)[1], np.expm1(np.log1p(np.abs(x)).mean(1)), rtol=1e-6)
model.save("model.keras")
np.save("expected.npy", np.concatenate(model(x), axis=1))
"""
LOAD = """
import sys, kpool, keras, numpy as np
x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
assert "kpool_acme.layers" not in sys.modules
model = keras.models.load_model("model.keras")
np.testing.assert_array_equal(np.concatenate(model(x), axis=1), np.load("expected.npy"))
"""


def test_a_model_of_acme_s_loads_in_a_new_process(crowded: Environment, tmp_path: Path) -> None:
    crowded.run("python", "-W", "ignore", "-c", BUILD, cwd=tmp_path)
    crowded.run("python", "-W", "ignore", "-c", LOAD, cwd=tmp_path)
    needed = json.loads(crowded.run("kpool", "inspect", "model.keras", "--json", cwd=tmp_path).stdout)
    assert "kpool-acme>=0.3.0" in needed["requires"]


def test_acme_keeps_every_law(crowded: Environment, tmp_path: Path) -> None:
    """Its own tests, as its author runs them."""
    copy = shutil.copytree(TESTS / "third_party_plugin", tmp_path / "acme")
    alone = {"KPOOL_PLUGINS": "acme", "KPOOL_STRICT_PLUGINS": "1"}
    done = crowded.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=copy, **alone)
    assert " passed" in done.stdout
