"""Full disks, read-only folders, interruptions and kills: what was there before stays whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool.files import CannotWriteError, replacing
from kpool.lab.files import write_json

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15.1, NumPy 2
X = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")

# A model whose last weights are never written: it says so and waits. argv: what to do, the path.
STUCK = """
import sys, time
import keras
import kpool

class Stuck(keras.layers.Layer):
    def call(self, x):
        return x
    def save_own_variables(self, store):
        print("half", flush=True)
        time.sleep(600)

model = keras.Sequential([keras.Input((None, 4)), kpool.head("gem | dense(3)"), Stuck()])
path = sys.argv[1]
{save}
"""
STUCK_RESULTS = """
import sys, time
from pathlib import Path
from kpool.lab.files import replacing

with replacing(Path(sys.argv[1])) as aside:
    aside.write_text("ha")
    print("half", flush=True)
    time.sleep(600)
"""
# No file may become larger than 2,000 bytes: what a full disk is, to a process that needs no root.
LIMITED = """
import resource, sys
import kpool
{prepare}
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    {act}
except kpool.KpoolError as error:
    print(error)
"""
PREPARE = {
    "model": "import keras\nmodel = keras.Sequential([keras.Input((None, 4)), kpool.head('gem | mlp([64, 64])')])",
    "results": "from pathlib import Path\nfrom kpool.lab.files import write_json",
}


def model() -> keras.Model:
    return keras.Sequential([keras.Input((None, 4)), kpool.head("gem | mlp([64, 64]) | dense(3)")])


class Failing(keras.layers.Layer):
    """Raises when its weights are saved."""

    error: BaseException = ZeroDivisionError()

    def call(self, x: Any) -> Any:
        return x

    def save_own_variables(self, store: Any) -> None:
        raise self.error


def failing(error: BaseException) -> keras.Model:
    layer = Failing()
    layer.error = error
    return keras.Sequential([keras.Input((None, 4)), kpool.head("gem | dense(3)"), layer])


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """A saved model, alone in its folder."""
    path = tmp_path / "models" / "model.keras"
    kpool.save_model(model(), path)
    return path


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """The file is byte for byte what it was, it loads where it is a model, and nothing else is left beside it."""
    content = path.read_bytes()
    yield
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]
    if path.suffix == ".keras":
        assert kpool.load_model(path)(X).shape == (2, 3)


def test_a_model_is_saved_as_keras_does(tmp_path: Path) -> None:
    saved = model()
    kpool.save_model(saved, tmp_path / "new" / "a.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "new" / "a.keras")(X), saved(X))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.keras"]


@pytest.mark.parametrize("name", ["a.h5", "a", "a.weights.h5"])
def test_only_keras_files_are_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(kpool.KpoolError, match=rf"save_model writes \.keras files, not {name}; other formats are"):
        kpool.save_model(model(), tmp_path / name)


def test_a_link_stays_a_link(former: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.keras"
    link.symlink_to(former)
    before = former.read_bytes()
    kpool.save_model(model(), link)
    assert link.is_symlink()
    assert former.read_bytes() != before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()], ids=["ctrl-c", "failure"])
def test_an_interrupted_save_leaves_the_former_model(error: BaseException, former: Path) -> None:
    broken = failing(error)
    with unchanged(former), pytest.raises(type(error)):
        kpool.save_model(broken, former)


def test_keras_alone_loses_the_former_model(former: Path) -> None:
    """Keras 3.15.1 opens the file itself: what `kpool.save_model` is for. If this fails, Keras has mended it."""
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError()).save(former)
    with pytest.raises(kpool.KpoolError):
        kpool.load_model(former)


def killed_half_way(code: str, path: Path) -> None:
    """Run `code` in a new process, and kill it when it says that half is written."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-W", "ignore", "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_a_killed_save_leaves_the_former_model(former: Path) -> None:
    content = former.read_bytes()
    killed_half_way(STUCK.format(save="kpool.save_model(model, path)"), former)
    assert former.read_bytes() == content
    assert len(list(former.parent.glob(".model.*.keras"))) == 1  # what nobody was left to remove
    kpool.save_model(model(), former)
    assert kpool.load_model(former)(X).shape == (2, 3)


@pytest.mark.slow
def test_a_killed_save_of_keras_alone_leaves_none(former: Path) -> None:
    killed_half_way(STUCK.format(save="model.save(path)"), former)
    with pytest.raises(kpool.KpoolError):
        kpool.load_model(former)


@pytest.mark.slow
def test_killed_results_leave_the_former(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_json(path, {"a": 1})
    content = path.read_bytes()
    killed_half_way(STUCK_RESULTS, path)
    assert path.read_bytes() == content


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "act"),
    [
        pytest.param("model", "model.keras", "kpool.save_model(model, sys.argv[1])", id="model"),
        pytest.param("results", "a.json", "write_json(Path(sys.argv[1]), list(range(10_000)))", id="results"),
    ],
)
def test_no_room_for_a_large_file(kind: str, name: str, act: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / name
    write_json(path, {"former": 1}) if kind == "results" else kpool.save_model(model(), path)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    code = LIMITED.format(prepare=PREPARE[kind], act=act)
    command = [sys.executable, "-W", "ignore", "-c", code, str(path)]
    with unchanged(path):
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert f"cannot write to {path} (File too large); " in done.stdout


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 128 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk; test_no_room_for_a_large_file needs none")
    yield disk
    subprocess.run([str(shutil.which("umount")), str(disk)], check=True)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param("model.keras", lambda path: kpool.save_model(model(), path), id="model"),
        pytest.param("results.json", lambda path: write_json(path, [0] * 20_000), id="results"),
    ],
)
def test_a_full_disk_leaves_the_former_file(name: str, write: Callable[[Path], None], small_disk: Path) -> None:
    path = small_disk / "out" / name
    write(path)
    (small_disk / "full").write_bytes(bytes(4096 * _free_pages(small_disk)))
    with unchanged(path), pytest.raises(CannotWriteError, match=r"\(No space left on device\); "):
        write(path)


def _free_pages(disk: Path) -> int:
    """All but three."""
    return os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize // 4096 - 3


@pytest.fixture
def lock() -> Iterator[Callable[[Path], None]]:
    """Makes a folder read-only, for root as well."""
    locked: list[Path] = []

    def act(folder: Path) -> None:
        folder.chmod(0o555)
        if os.geteuid() == 0:
            chattr = shutil.which("chattr")
            if not chattr or subprocess.run([chattr, "+i", folder], capture_output=True, check=False).returncode:
                pytest.skip("root writes wherever it likes, and this file system cannot forbid it")
        locked.append(folder)

    yield act
    for folder in locked:
        if os.geteuid() == 0:
            subprocess.run([str(shutil.which("chattr")), "-i", folder], check=True)
        folder.chmod(0o755)


def test_a_read_only_folder_leaves_the_former_file(former: Path, lock: Callable[[Path], None]) -> None:
    lock(former.parent)
    with unchanged(former), pytest.raises(CannotWriteError, match=r"\((Operation not permitted|Permission denied)\)"):
        kpool.save_model(model(), former)


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match=r"cannot write to .*model\.keras \(.*\); make room, or write elsewhere"):
        kpool.save_model(model(), tmp_path / "file" / "model.keras")


def test_the_way_out_is_the_callers(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"; go elsewhere$"), replacing(tmp_path / "a", "go elsewhere"):
        raise OSError(28, "")
