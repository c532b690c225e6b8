"""The pages of docs/ that are written by scripts say what the code says now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.slow
def test_page_of_checks_is_current() -> None:
    command = [sys.executable, str(DOCS / "checks.py"), "-"]
    written = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert written == (DOCS / "checks.md").read_text(encoding="utf-8"), "run `python docs/checks.py`"


def test_catalogue_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    import catalogue

    written = {page.name: page.read_text(encoding="utf-8") for page in catalogue.PAGES.glob("*.md")}
    assert written == catalogue.pages(), "run `python docs/catalogue.py`"


def test_peers_are_of_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    import catalogue

    named = {card.component.name for cards in catalogue.by_family().values() for card in cards}
    assert set(catalogue.peers()) <= named, "docs/catalogue/peers.toml names what kpool does not have"


def test_speed_is_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    import speed

    assert (DOCS / "speed.md").read_text(encoding="utf-8") == speed.page(), "run `python docs/speed.py`"
    for picture in speed.pictures():
        assert picture.is_file(), f"run `python docs/speed.py`: {picture} is missing"


def test_exports_are_of_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    import exports

    assert (DOCS / "exports.md").read_text(encoding="utf-8") == exports.page(), "run `python docs/exports.py`"
    sent = {name for name, _ in exports.current()}
    assert sent == {c.name for c in exports.strategies()}, "run `python docs/exports.py --run`"
