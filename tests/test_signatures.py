"""What is read from a component's text is what Python finds on the object."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest

from kpool import registry
from kpool.errors import PluginError
from kpool.hookspecs import Component
from kpool.parameters import Branch, Count, Role
from kpool.signatures import Parameter, as_inspect, of_class, of_target, signature

BUILT_IN = [
    component
    for given in (registry.default().strategies(), registry.default().regions(), registry.default().stages())
    for component in given.values()
    if component.builtin
]


@pytest.mark.parametrize("component", BUILT_IN, ids=lambda component: component.name)
def test_the_text_says_what_the_object_says(component: Component) -> None:
    loaded = dataclasses.replace(component, loaded=component.load())
    assert list(signature(component).items()) == list(signature(loaded).items())


def test_the_built_ins_are_read_without_importing_keras() -> None:
    code = (
        "import sys; from kpool import registry; from kpool.signatures import signature; r = registry.default(); "
        "found = [signature(c) for given in (r.strategies(), r.regions(), r.stages()) for c in given.values()]; "
        "assert len(found) > 20, found; print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (answer.stdout.strip(), answer.stderr) == ("False False", "")


SOURCE = '''
from __future__ import annotations
import typing
import no_such_package_at_all
from typing import Literal
from kpool.parameters import Branch, Count

class Light:
    def __init__(
        self, n: Count, *branches: Branch, mode: Literal["a", "b"] = "a", scale: float = -1.0, **kwargs: int
    ) -> None: ...

def function(sizes: list[int] = [1, 2], free=None):
    ...
'''  # fmt: skip


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "written_for_a_test.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    of_target.cache_clear()


@pytest.mark.usefixtures("written")
def test_a_module_that_cannot_be_imported_can_be_read() -> None:
    assert dict(of_target("written_for_a_test:Light")) == {
        "n": Parameter("n", Count),
        "branches": Parameter("branches", Branch, variadic="*"),
        "mode": Parameter("mode", Literal["a", "b"], "a", keyword_only=True),
        "scale": Parameter("scale", float, -1.0, keyword_only=True),
    }
    assert [p.default for p in of_target("written_for_a_test:function").values()] == [[1, 2], None]


@pytest.mark.parametrize("target", ["written_for_a_test:Missing", "no_such_package_at_all.module:Name", "os:no_such"])
@pytest.mark.usefixtures("written")
def test_what_can_be_neither_read_nor_imported_is_the_plugins_fault(target: str) -> None:
    with pytest.raises(PluginError, match=f"cannot load {target}"):
        of_target(target)


def test_annotations_that_python_cannot_read_are_the_plugins_fault() -> None:
    class Wrong:
        def __init__(self, n: NoSuchType = 3) -> None: ...  # noqa: F821

    with pytest.raises(PluginError, match="Wrong: its annotations cannot be read"):
        of_class(Wrong)


def test_keyword_arguments_that_are_no_branches_are_no_parameters() -> None:
    class Stage:
        def __init__(self, units: Count, **kwargs: object) -> None: ...

    assert list(of_class(Stage)) == ["units"]


def test_the_role_of_a_parameter_that_may_be_none() -> None:
    assert Parameter("by", Branch | None).role is Role.BRANCH
    assert Parameter("by", Annotated[int, "other"] | None).role is None


def test_as_pythons_signature() -> None:
    class Toy:
        def __init__(self, n: Count, *branches: Branch, scale: float = 1.0) -> None: ...

    assert str(as_inspect(of_class(Toy))) == "(n, *branches, scale=1.0)"
