"""Whatever a spec says, reading it does nothing but raise SpecError or give a spec."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).with_name("fuzz.py")


def fuzz(number: int, prelude: str = "") -> dict[str, object]:
    code = f"import sys; sys.path.insert(0, {str(FUZZ.parent)!r}); import fuzz\n{prelude}\nfuzz.main({number})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_100_000_wrong_specs_do_nothing() -> None:
    found = fuzz(100_000)
    assert found["events"] == []
    assert found["heavy"] == []
    assert set(found["counts"]) == {"SpecError", "parsed"}
    assert found["counts"]["SpecError"] > 50_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("does", "event"),
    [
        pytest.param("__import__('this_is_no_module')", "import", id="imports"),
        pytest.param("eval('1 + 1')", "compile", id="evaluates"),
        pytest.param("open('/dev/null')", "open", id="opens"),
        pytest.param("__import__('os').system('true')", "os.system", id="starts-a-process"),
    ],
)
def test_what_it_would_do_is_seen(does: str, event: str) -> None:
    """The watch itself, on a parser that does what a spec says."""
    code = f"def evil(text):\n    {does}\nfuzz.kpool.parse = evil"
    assert any(str(seen).startswith(event) for seen in fuzz(50, code)["events"])


@pytest.mark.slow
def test_another_error_is_seen() -> None:
    found = fuzz(50, "def wrong(text):\n    raise KeyError(text)\nfuzz.kpool.parse = wrong")
    assert any(end.startswith("KeyError") for end in found["counts"])
