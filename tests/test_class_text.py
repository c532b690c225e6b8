"""A class, read from its text."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kpool.class_text import UNKNOWN, ClassText, of_target

ROOT = "kpool.pooling:Pooling"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ClassText]]:
    """Writes modules of a package that may not be imported; reads the class `Mine` of the first."""
    folder = tmp_path / f"package{abs(hash(str(tmp_path)))}"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def of(**modules: str) -> ClassText:
        (folder / "__init__.py").write_text("raise ImportError('it is only read')")
        for name, text in modules.items():
            written = textwrap.dedent(text).replace("HERE", folder.name)
            (folder / f"{name}.py").write_text(written, encoding="utf-8")
        return of_target(f"{folder.name}.{next(iter(modules))}:Mine", ROOT)

    yield of
    assert folder.name not in sys.modules


def test_inherits_from_pooling(read: Callable[..., ClassText]) -> None:
    found = read(one='import kpool\nclass Mine(kpool.Pooling, name="mine"):\n    """It is."""\n    mergeable = False\n')
    assert found.docstring == "It is."
    assert found.values["mergeable"] is False
    assert found.values["permutation_invariant"] is True
    assert found.methods == frozenset()


def test_inherits_from_its_own_package_s(read: Callable[..., ClassText]) -> None:
    found = read(
        one="from HERE.two import Base\nclass Mine(Base): ...",
        two="from kpool import Pooling\nclass Base(Pooling):\n    stochastic = True\n    def lift(self, x): ...",
    )
    assert found.values["stochastic"] is True
    assert found.values["mergeable"] is True
    assert found.methods == {"lift"}


def test_knows_nothing_of_others_bases(read: Callable[..., ClassText]) -> None:
    found = read(one="from tensorflow import Module\nclass Mine(Module):\n    stochastic = True")
    assert found.values == {"stochastic": True}


UNTOLD = {
    "computed": "    mergeable = bool(1)",
    "a property": "    @property\n    def mergeable(self): return True",
    "set on the instance": "    def __init__(self):\n        self.mergeable = True",
}


@pytest.mark.parametrize("body", UNTOLD.values(), ids=UNTOLD.keys())
def test_what_only_running_it_tells_is_unknown(read: Callable[..., ClassText], body: str) -> None:
    assert read(one=f"import kpool\nclass Mine(kpool.Pooling):\n{body}").values["mergeable"] is UNKNOWN


def test_of_two_bases_the_more_special_one_counts(read: Callable[..., ClassText]) -> None:
    found = read(
        one="""
        import kpool
        class A(kpool.Pooling): ...
        class B(kpool.Pooling):
            mergeable = False
        class Mine(A, B): ...
        """
    )
    assert found.values["mergeable"] is False


BROKEN = {"no module": "absent.module:Mine", "no class": "kpool.pooling:Absent", "no text": "math:Mine"}


@pytest.mark.parametrize("target", BROKEN.values(), ids=BROKEN.keys())
def test_where_there_is_no_text_nothing_is_said(target: str) -> None:
    assert of_target(target, ROOT) == ClassText()
