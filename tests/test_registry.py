"""A broken plugin hurts nobody but itself. Every distribution here is a real one, written to a folder and scanned."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import textwrap
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kpool
from kpool.errors import AmbiguousNameError, KpoolPluginWarning, PluginError, UnknownNameError
from kpool.hookspecs import Component
from kpool.registry import PluginRecord, Registry

HEADER = "from kpool import Component, hookimpl\n"
GIVES = """
@hookimpl
def kpool_strategies():
    return [{}]
"""

Install = Callable[..., None]


def giving(*names: str) -> str:
    return GIVES.format(", ".join(f"Component({name!r}, 'collections:OrderedDict')" for name in names))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Writes a distribution `<plugin>-dist 1.0` with the one module `<plugin>_module`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable in ("KPOOL_STRICT_PLUGINS", "KPOOL_PLUGINS", "KPOOL_DISABLE_PLUGINS"):
        monkeypatch.delenv(variable, raising=False)
    known = set(sys.modules)

    def write(plugin: str, source: str, *, dist: str = "", module: str = "", requires: str = "") -> None:
        dist, module = dist or f"{plugin}-dist", module or f"{plugin}_module"
        (tmp_path / f"{module}.py").write_text(HEADER + textwrap.dedent(source))
        folder = tmp_path / f"{dist.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        requirement = f"Requires-Dist: {requires}\n" if requires else ""
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n{requirement}")
        (folder / "entry_points.txt").write_text(f"[kpool]\n{plugin} = {module}\n")

    yield write
    for name in set(sys.modules) - known:
        if name.endswith("_module"):
            del sys.modules[name]


@pytest.fixture
def registry(tmp_path: Path, install: Install) -> Registry:
    def scan() -> list[importlib.metadata.EntryPoint]:
        found = importlib.metadata.distributions(path=[str(tmp_path)])
        return [entry for dist in found for entry in dist.entry_points.select(group="kpool")]

    install("basic", giving("mean"), dist="kpool", module="builtin_module")
    install("good", giving("fine"))
    return Registry(scan)


def record_of(registry: Registry, plugin: str) -> PluginRecord:
    return next(record for record in registry.plugins() if record.id == plugin)


def lines_saying(source: str, part: str) -> int:
    return 1 + (HEADER + textwrap.dedent(source)).splitlines().index(part)


@pytest.mark.parametrize(
    ("source", "state", "message", "line"),
    [
        pytest.param("import nowhere_at_all", "import_failed", "nowhere_at_all", "import nowhere_at_all", id="import"),
        pytest.param("def (:", "import_failed", "SyntaxError", "def (:", id="syntax"),
        pytest.param("raise SystemExit(3)", "import_failed", "SystemExit: 3", "raise SystemExit(3)", id="exits"),
        pytest.param(
            "@hookimpl\ndef kpool_strategies():\n    raise KeyError('x')",
            "bad_hook", "KeyError", "    raise KeyError('x')", id="raises",
        ),
        pytest.param(
            "@hookimpl\ndef kpool_strategies():\n    yield Component('half', 'm:C')\n    1 / 0",
            "bad_hook", "ZeroDivisionError", "    1 / 0", id="raises-half-way",
        ),
        pytest.param(
            "@hookimpl\ndef kpool_strategys():\n    return []",
            "bad_hook", "no hook 'kpool_strategys'; kpool's hooks are kpool_strategies", "@hookimpl", id="misspelt",
        ),
        pytest.param(
            "def kpool_stages():\n    return []",
            "bad_hook", "kpool_stages is not marked @kpool.hookimpl", "def kpool_stages():", id="unmarked",
        ),
        pytest.param("x = 1", "bad_hook", "it has no hook", None, id="no-hook"),
        pytest.param(
            "@hookimpl\ndef kpool_strategies(config):\n    return []", "bad_hook", "{'config'}", None, id="argument"
        ),
        pytest.param(
            "@hookimpl\ndef kpool_strategies(*, x=1):\n    return []",
            "bad_hook", "takes no arguments, not (x)", "@hookimpl", id="argument-that-pluggy-lets-pass",
        ),
        pytest.param(
            "@hookimpl(wrapper=True)\ndef kpool_strategies():\n    return (yield)",
            "bad_hook", "no wrapper", "@hookimpl(wrapper=True)", id="wrapper",
        ),
        pytest.param(
            "@hookimpl\nasync def kpool_strategies():\n    return []", "bad_hook", "not async", "@hookimpl", id="async"
        ),
        pytest.param("@hookimpl\ndef kpool_strategies(): ...", "bad_hook", "NoneType", "@hookimpl", id="gives-none"),
        pytest.param(
            "@hookimpl\ndef kpool_strategies():\n    return ['gem']",
            "invalid_component", "Component objects, not 'gem'", "@hookimpl", id="wrong-type",
        ),
        pytest.param(
            "@hookimpl\ndef kpool_strategies():\n    return [Component('Bad-Name', 'm:C')]",
            "invalid_component", "'Bad-Name'", "    return [Component('Bad-Name', 'm:C')]", id="wrong-name",
        ),
        pytest.param(giving("none"), "invalid_component", "'none'", giving("none").splitlines()[-1], id="constant"),
        pytest.param(giving("one", "one"), "invalid_component", "one more than once", None, id="same-name-twice"),
    ],
)  # fmt: skip
def test_broken_plugin_is_alone(
    install: Install, registry: Registry, tmp_path: Path, source: str, state: str, message: str, line: str | None
) -> None:
    install("broken", source)
    with pytest.warns(KpoolPluginWarning) as caught:
        record = record_of(registry, "broken")
    assert len(caught) == 1
    assert (record.state, record.components) == (state, ())
    assert message in record.error
    place = f"{tmp_path / 'broken_module.py'}:{lines_saying(source, line)}" if line else ""
    assert record.where == place
    assert all(part in str(caught[0].message) for part in ("'broken'", "broken-dist 1.0", place, message))
    assert set(registry.strategies()) == {"mean", "fine"}


def test_module_that_refuses_to_be_looked_at(install: Install, registry: Registry) -> None:
    """`from package import *` helpers and lazy loaders have a `__getattr__`; one that raises must not stop the scan."""
    install("lazy", "def __getattr__(name):\n    raise RuntimeError(name)" + giving("eager"))
    assert registry.find("eager").plugin == "lazy"


def test_warned_once_even_after_a_rescan(install: Install, registry: Registry) -> None:
    install("broken", "import nowhere_at_all")
    with pytest.warns(KpoolPluginWarning) as caught:
        registry.plugins()
    registry.rescan()
    registry.plugins()  # warnings are errors here
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_strict_mode_raises(install: Install, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    install("broken", "import nowhere_at_all")
    monkeypatch.setenv("KPOOL_STRICT_PLUGINS", "1")
    for _ in range(2):
        with pytest.raises(PluginError, match=r"'broken' of broken-dist 1\.0: import failed at .*broken_module\.py:2"):
            registry.strategies()


def test_interrupt_is_no_plugin_failure(install: Install, registry: Registry) -> None:
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry.plugins()


def test_plugin_that_asks_while_plugins_load(install: Install, registry: Registry) -> None:
    install("eager", "import test_registry_handle\ntest_registry_handle.strategies()", module="eager_module")
    sys.modules["test_registry_handle"] = registry  # type: ignore[assignment]
    try:
        with pytest.warns(KpoolPluginWarning, match="while plugins load; ask inside a function"):
            assert set(registry.strategies()) == {"mean", "fine"}
    finally:
        del sys.modules["test_registry_handle"]


def test_what_waits_for_plugins(install: Install, registry: Registry) -> None:
    """Keras's import asks for the layers: from within a plugin that imports Keras, and again after a rescan."""
    seen: list[set[str]] = []
    install("heavy", "import registry_handle\nregistry_handle.wait()\n" + giving("late"), module="heavy_module")
    sys.modules["registry_handle"] = handle = types.ModuleType("registry_handle")
    handle.wait = lambda: registry.when_loaded(lambda: seen.append(set(registry.strategies())))
    try:
        assert record_of(registry, "heavy").state == "ok"
        assert seen == [{"mean", "fine", "late"}]
        install("new", giving("newer"))
        registry.rescan()
        registry.plugins()
        assert seen[1:] == [{"mean", "fine", "late", "newer"}]
    finally:
        del sys.modules["registry_handle"]


def test_same_id_from_two_distributions(install: Install, registry: Registry) -> None:
    install("twin", giving("a"), dist="first", module="first_module")
    install("twin", giving("b"), dist="second", module="second_module")
    with pytest.warns(KpoolPluginWarning, match=r"first 1\.0 and second 1\.0 have a plugin of the same id"):
        states = [record.state for record in registry.plugins() if record.id == "twin"]
    assert states == ["duplicate", "duplicate"]
    assert set(registry.strategies()) == {"mean", "fine"}


def test_id_of_a_builtin_plugin_is_taken(install: Install, registry: Registry) -> None:
    install("basic", giving("other"), dist="usurper", module="usurper_module")
    with pytest.warns(KpoolPluginWarning, match="usurper 1.0"):
        assert set(registry.strategies()) == {"mean", "fine"}


@pytest.mark.parametrize(
    ("requires", "state"),
    [
        pytest.param("kpool>=0.1", "ok", id="fits"),
        pytest.param("Kpool (>=0.1)", "ok", id="as-older-tools-write-it"),
        pytest.param("kpool>=0.1,<9000", "ok", id="between"),
        pytest.param("kpool==0.0.9", "incompatible", id="another"),
        pytest.param("kpool>=9000", "incompatible", id="too-old"),
        pytest.param("kpool (<>1", "incompatible", id="unreadable"),
        pytest.param("kpool>=9000; python_version < '3'", "ok", id="marker-does-not-apply"),
        pytest.param("kpool-other>=9000", "ok", id="another-distribution"),
    ],
)
def test_required_version_is_checked_before_import(
    install: Install, registry: Registry, requires: str, state: str
) -> None:
    install("asking", giving("asked"), requires=requires)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KpoolPluginWarning)
        assert record_of(registry, "asking").state == state
    assert ("asking_module" in sys.modules) == (state == "ok")


def test_builtin_name_is_not_shadowed(install: Install, registry: Registry) -> None:
    install("greedy", giving("mean", "sibling"))
    with pytest.warns(KpoolPluginWarning, match="conflict: mean: a built-in has that name"):
        assert registry.find("mean").distribution == "kpool"
    assert registry.find("sibling").plugin == "greedy"
    with pytest.raises(UnknownNameError, match=r"'greedy' of greedy-dist 1\.0: conflict"):
        registry.find("greedy/mean")


def test_name_of_two_plugins_is_ambiguous(install: Install, registry: Registry) -> None:
    install("a", giving("x", "only"))
    install("b", giving("x"))
    with pytest.raises(AmbiguousNameError, match=r"write 'a/x' \(a-dist 1\.0\) or 'b/x' \(b-dist 1\.0\)"):
        registry.find("x")
    assert registry.find("b/x").plugin == "b"
    assert registry.find("only").plugin == "a"
    assert set(registry.strategies()) == {"mean", "fine", "only", "a/x", "b/x"}
    registry.prefer("x", "b/x")
    assert registry.find("x").plugin == "b"
    assert registry.strategies()["x"].plugin == "b"
    assert set(registry.strategies()) == {"mean", "fine", "only", "a/x", "x"}
    with pytest.raises(PluginError, match="it is called 'only'"):
        registry.prefer("x", "a/only")


@pytest.mark.parametrize(
    ("variable", "value", "left"),
    [
        pytest.param("KPOOL_PLUGINS", "other, good", {"mean", "fine", "more"}, id="allow-two"),
        pytest.param("KPOOL_PLUGINS", "other", {"mean", "more"}, id="allow-one"),
        pytest.param("KPOOL_PLUGINS", "", {"mean"}, id="allow-none-but-builtins"),
        pytest.param("KPOOL_DISABLE_PLUGINS", "good,basic", {"mean", "more"}, id="deny-not-builtins"),
    ],
)
def test_environment_chooses(
    install: Install, registry: Registry, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, left: set[str]
) -> None:
    install("other", giving("more"))
    monkeypatch.setenv(variable, value)
    assert set(registry.strategies()) == left
    for name in {"fine", "more"} - left:
        with pytest.raises(UnknownNameError, match="disabled: switched off by KPOOL_PLUGINS"):
            registry.find(name)


@pytest.mark.parametrize("variable", ["KPOOL_PLUGINS", "KPOOL_DISABLE_PLUGINS"])
def test_a_word_that_is_no_plugin_is_said_once(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "good, goood, basic,")
    with pytest.warns(KpoolPluginWarning) as caught:
        registry.plugins()
    registry.rescan()
    registry.plugins()
    expected = f"{variable} names 'goood', and no installed plugin has that id; did you mean 'good'?."
    assert [str(warning.message) for warning in caught] == [expected]


@pytest.mark.parametrize(
    ("plugin", "state", "message"),
    [
        pytest.param("local", "conflict", "'local' is the id of what a process registers itself", id="taken"),
        pytest.param("two words", "invalid_component", "no spec can spell the id 'two words'", id="blank"),
        pytest.param("a-b.c_3", "ok", "", id="all that a spec can spell"),
    ],
)
def test_id_must_be_one_that_a_spec_can_spell(
    install: Install, registry: Registry, plugin: str, state: str, message: str
) -> None:
    install(plugin, giving("given"), dist="odd", module="odd_module")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KpoolPluginWarning)
        record = record_of(registry, plugin)
    assert record.state == state
    assert message in record.error
    assert "odd_module" in sys.modules or state != "ok"


def test_unknown_name_says_what_is_near_and_what_is_broken(install: Install, registry: Registry) -> None:
    install("broken", "import nowhere_at_all")
    with pytest.warns(KpoolPluginWarning), pytest.raises(UnknownNameError) as caught:
        registry.find("meann")
    first, second = str(caught.value).splitlines()
    assert first == "no plugin gives 'meann'; did you mean mean?"
    assert second.startswith("It may be given by plugin 'broken' of broken-dist 1.0: import failed at ")
    with pytest.raises(UnknownNameError) as caught:
        registry.find("good/meann")
    assert "broken" not in str(caught.value)


def test_plugin_installed_meanwhile_is_seen_after_a_rescan(install: Install, registry: Registry) -> None:
    assert "late" not in registry.strategies()
    install("late", giving("late"))
    assert "late" not in registry.strategies()
    registry.rescan()
    assert registry.find("late").plugin == "late"


def test_local_component_is_replaced_on_rerun(registry: Registry) -> None:
    for version in (1, 2):
        registry.add(Component("mine", "__main__:Mine", kind="strategy", loaded=version))
    assert registry.find("mine").loaded == 2
    with pytest.raises(PluginError, match="'mine' is __main__:Mine in this process, and cannot be __main__:Other too"):
        registry.add(Component("mine", "__main__:Other", kind="strategy"))
    assert registry.find("local/mine") is registry.strategies()["mine"]
    with pytest.raises(PluginError, match="'mean' is a built-in"):
        registry.add(Component("mean", "cell:Mean", kind="strategy"))


def test_what_is_returned_is_read_only(registry: Registry) -> None:
    with pytest.raises(TypeError):
        registry.strategies()["mean"] = None  # type: ignore[index]
    registry.plugins().clear()
    assert len(registry.plugins()) == 2


def test_threads_share_one_load(install: Install, registry: Registry) -> None:
    install("slow", "import time\ntime.sleep(0.1)" + giving("late"))
    seen: list[set[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(set(registry.strategies()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{"mean", "fine", "late"}] * 4


def test_component_that_cannot_be_loaded() -> None:
    missing = Component("gone", "nowhere_at_all:Gone", plugin="acme", distribution="acme-kpool")
    with pytest.raises(PluginError, match=r"acme/gone: cannot load nowhere_at_all:Gone \(ModuleNotFoundError"):
        missing.load()


@pytest.mark.parametrize("target", ["", "module", "module:", ":Name"])
def test_component_target_is_checked(target: str) -> None:
    with pytest.raises(PluginError, match=r"target must read 'package\.module:Name'"):
        Component("fine", target)


def test_installed_plugins_load_and_import_nothing_heavy(tmp_path: Path) -> None:
    code = """
        import sys, kpool.registry
        print(*(r for r in kpool.registry.default().plugins() if r.state != "ok"), sep="\\n", end="")
        heavy = {"keras", "tensorflow", "jax", "torch", "numpy"} & set(sys.modules)
        sys.exit(f"imported {heavy}" if heavy else 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert kpool.__version__ == importlib.metadata.version("kpool")
