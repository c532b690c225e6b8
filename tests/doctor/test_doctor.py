"""The doctor finds what is wrong with a plugin, in processes that it survives."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from kpool.doctor import Finding, examine
from kpool.errors import KpoolError

pytestmark = pytest.mark.slow

GIVES = """
from kpool import Component, hookimpl

@hookimpl
def kpool_strategies():
    return [{}]
"""

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Writes the plugin `sick`, and more modules by name; both this process and its children see it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("KPOOL_STRICT_PLUGINS", raising=False)

    def write(source: str, **modules: str) -> Path:
        for name, text in {"sick_module": source, **modules}.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        info = tmp_path / "sick_dist-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sick-dist\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[kpool]\nsick = sick_module\n")
        return tmp_path / "sick_module.py"

    return write


def failures(found: list[Finding]) -> dict[str, str]:
    return {f"{f.component}: {f.check}".removeprefix(": "): f.message for f in found if f.status == "failed"}


@pytest.mark.parametrize(
    ("source", "check", "message"),
    [
        pytest.param("import os; os._exit(7)", "survives", "ended with code 7", id="kills-the-process"),
        pytest.param("import time; time.sleep(60)", "survives", "stopped after 3 s", id="hangs"),
        pytest.param("1 / 0", "loads", "import failed at {}:1: ZeroDivisionError", id="raises"),
        pytest.param("x = 1", "loads", "bad hook: it has no hook", id="no-hook"),
        pytest.param(
            "try:\n    import torch.nn\nexcept ImportError:\n    pass" + GIVES.format(""),
            "import_light", "torch, imported at {}:2", id="heavy-where-it-is-installed",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_import(install: Install, source: str, check: str, message: str) -> None:
    path = install(source)
    found = list(examine("sick", seconds=3))
    assert list(failures(found)) == [check]
    assert message.format(path) in failures(found)[check]
    assert {finding.component for finding in found} == {""}  # its layers are not examined


LAYERS = """
import sys
import kpool
from kpool.reductions import Mean

print("chatter on stdout")

class Fine(kpool.Pooling, name="fine"):
    def lift(self, x):
        return Mean(x)

class Greedy(kpool.Pooling, name="greedy"):
    def __init__(self, use=1, **kwargs):
        super().__init__(**kwargs)

class Changed(kpool.Pooling, name="changed"):
    def __init__(self, p: int = 1, **kwargs):
        super().__init__(**kwargs)

class Other(kpool.Pooling, name="changed"):
    def __init__(self, p: int = 2, **kwargs):
        super().__init__(**kwargs)

Changed = Other

class Renamed(kpool.Pooling, name="by_another_name"):
    def lift(self, x):
        return Mean(x)

class Asks(kpool.Pooling, name="asks"):
    def __init__(self, k: int, **kwargs):
        super().__init__(**kwargs)

NoClass = 3
"""


def test_what_is_wrong_with_the_layers(install: Install) -> None:
    names = ("Fine", "Greedy", "Changed", "Renamed", "Asks", "NoClass", "Gone")
    components = [f"Component('{name.lower()}', 'sick_layers:{name}', 'It is {name}.')" for name in names]
    install("print('more chatter')" + GIVES.format(", ".join(components)), sick_layers=LAYERS)
    found = list(examine("sick"))
    wrong = failures(found)
    assert "a spec cannot give an argument called 'use'" in wrong.pop("greedy: signature")
    assert wrong.pop("changed: signature") == "p: its text says otherwise than the imported class does"
    assert "is 3, not a class made of kpool.Pooling" in wrong.pop("noclass: target_loads")
    assert "has no attribute 'Gone'" in wrong.pop("gone: target_loads")
    assert "'by_another_name'" in wrong.pop("renamed: target_resolves")
    assert {name.partition(":")[0] for name in wrong} <= {"renamed", "noclass", "gone"}
    assert [f.message for f in found if f.component == "asks" and f.status == "skipped"] == [
        "it cannot be made without arguments: put a spec with some through kpool.testing.check_strategy"
    ]
    assert len([f for f in found if f.component == "fine" and f.status == "passed"]) > 5


def test_without_a_name_all_are_examined(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("1 / 0")
    monkeypatch.setenv("KPOOL_DISABLE_PLUGINS", "sick")
    found = list(examine())
    status = {finding.plugin: finding.status for finding in found if finding.check == "loads"}
    assert status.pop("sick") == "skipped"
    assert {"basic", "stages", "regions"} <= status.keys()
    assert set(status.values()) == {"passed"}
    assert failures(list(examine("sick"))).keys() == {"loads"}  # asked for by name, it is examined all the same


def test_unknown_id() -> None:
    with pytest.raises(KpoolError, match=r"no installed plugin has the id 'bsic'; did you mean 'basic'\?"):
        list(examine("bsic"))
