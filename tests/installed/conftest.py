"""Virtual environments into which plugins are installed for real; TensorFlow and kpool are those of this one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Environment:
    """A virtual environment with what is installed here in sight."""

    folder: Path

    def run(
        self, *command: str, cwd: Path | None = None, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command of this environment; it fails the test, with all that was said, unless `check` is false."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KPOOL_", "PYTHON"))}
        kept["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{kept['PATH']}"
        kept |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_DEPS": "1", "TF_CPP_MIN_LOG_LEVEL": "2", **variables}
        if importlib.util.find_spec("setuptools"):
            kept["PIP_NO_BUILD_ISOLATION"] = "0"  # which, in pip's way of reading it, switches isolation off
        done = subprocess.run(command, cwd=cwd or self.folder, env=kept, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done

    def install(self, *what: Path | str) -> None:
        self.run("python", "-m", "pip", "install", "--quiet", *map(str, what))


MakeEnvironment = Callable[[str], Environment]


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory: pytest.TempPathFactory) -> MakeEnvironment:
    """A fresh environment, with the commands `python`, `pip` and `kpool`."""

    def make(name: str) -> Environment:
        folder = tmp_path_factory.mktemp(name)
        venv.create(folder, symlinks=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
        here = sysconfig.get_path("purelib")
        (packages / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
        script = folder / "bin" / "kpool"
        script.write_text(f"#!{folder / 'bin' / 'python'}\nfrom kpool.cli import main\n\nmain()\n", encoding="utf-8")
        script.chmod(0o755)
        return Environment(folder)

    return make


def write_wheel(folder: Path, distribution: str, plugin: str, module: Path, requires: str = "kpool>=0.1") -> Path:
    """A wheel of one module that is a plugin, as a build tool makes it."""
    stem = f"{distribution.replace('-', '_')}-1.0"
    path = folder / f"{stem}-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\nRequires-Dist: {requires}\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(module, module.name)
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/entry_points.txt", f"[kpool]\n{plugin} = {module.stem}\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return path
