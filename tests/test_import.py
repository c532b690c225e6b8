"""Importing kpool costs little, and gives every public name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kpool

LIGHT = """
import json, sys, time
started = time.perf_counter()
import kpool
seconds = time.perf_counter() - started
listed = dir(kpool)
{use}
heavy = sorted({{"keras", "tensorflow", "jax", "torch", "numpy"}} & set(sys.modules))
print(json.dumps([seconds, listed, heavy]))
"""


def in_new_process(use: str, folder: Path) -> tuple[float, list[str], list[str]]:
    command = [sys.executable, "-c", LIGHT.format(use=use)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    seconds, listed, heavy = json.loads(done.stdout)
    return seconds, listed, heavy


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("", id="import"),
        pytest.param("kpool.strategies(), kpool.regions(), kpool.stages(), kpool.plugins()", id="list"),
        pytest.param("kpool.parse('concat(mean, gem(p=3, over=window(2))) | dense(10)').to_json()", id="parse"),
    ],
)
def test_stays_light(use: str, tmp_path: Path) -> None:
    seconds, listed, heavy = in_new_process(use, tmp_path)
    print(f"import kpool: {seconds * 1000:.0f} ms")  # noqa: T201 (for `pytest -rP`; a loaded machine is no failure)
    assert heavy == []
    assert listed == sorted(kpool.__all__)


@pytest.mark.parametrize("name", kpool.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(kpool, name) is getattr(kpool, name)
    assert getattr(kpool, name).__doc__


def test_what_is_not_public_is_said() -> None:
    with pytest.raises(AttributeError, match="module 'kpool' has no attribute 'polo'"):
        kpool.polo  # noqa: B018


def test_a_plugin_may_be_the_first_to_import_kpool(tmp_path: Path) -> None:
    """Keras is there already, so kpool wants every plugin's components, and this plugin has not defined its hooks."""
    code = (
        "import keras, sys; from kpool_plugins.basic.gem import GeMPooling; import kpool;"
        "assert all(record.state == 'ok' for record in kpool.plugins() if record.distribution == 'kpool');"
        "assert 'kpool>MaxPooling' in keras.saving.get_custom_objects()"
    )
    command = [sys.executable, "-W", "error::UserWarning", "-c", code]
    environment = {**os.environ, "KPOOL_STRICT_PLUGINS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
