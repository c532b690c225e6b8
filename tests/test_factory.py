"""The functions a user calls."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

import kpool
from kpool import Head, KpoolError, PluginError, SpecError, registry
from kpool.hookspecs import Component
from kpool.reductions import Mean

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")


@pytest.fixture
def notebook() -> Iterator[None]:
    """Forgets what a test registers in this process."""
    yield
    registry.default()._local.clear()


def test_head_and_pool() -> None:
    assert isinstance(kpool.head("gem | dense(classes)", classes=3), Head)
    assert kpool.head("gem | dense(classes)", classes=3)(X).shape == (3, 3)
    assert kpool.pool("attention(heads=n)", n=2).arguments["heads"] == 2
    assert kpool.pool(kpool.parse("concat(mean, max)"))(X).shape == (3, 8)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param("mean | max", r"'mean \| max' is more: use kpool.head", id="two-calls"),
        pytest.param("dense(3)", r"pool takes one pooling, as in 'gem\(p=3\)'", id="stage"),
        pytest.param("window(2)", "window", id="region"),
        pytest.param("", "the spec is empty", id="empty"),
        pytest.param(3, "a spec is text, not 3", id="no-spec"),
        pytest.param("gam", "did you mean gem", id="misspelt"),
    ],
)
def test_pool_takes_one_pooling(spec: Any, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        kpool.pool(spec)


@pytest.mark.parametrize("build", [kpool.head, kpool.pool])
def test_names_must_mean_something(build: Any) -> None:
    with pytest.raises(SpecError, match="the spec does not say 'classes'"):
        build("mean", classes=3)
    with pytest.raises(SpecError, match=r"classes: a kpool\.Spec has no open names; pass them to kpool\.parse"):
        build(kpool.parse("mean"), classes=3)


@pytest.mark.parametrize(
    "spec",
    ["gem(p=4, over=window([2, 3], padding=same))", "concat(mean, gem | l2_norm)", "heads(a=mean | dense(2), b=max)"],
)
def test_spec_of_is_the_way_back(spec: str) -> None:
    canonical = str(kpool.parse(spec))
    assert kpool.spec_of(kpool.pool(spec)) == kpool.spec_of(kpool.head(spec)) == canonical
    assert kpool.spec_of(kpool.pool(canonical)) == canonical


def test_spec_of_a_stranger() -> None:
    with pytest.raises(KpoolError, match="kpool did not build Dense; it knows the specs of Head and Pooling"):
        kpool.spec_of(keras.layers.Dense(1))


def test_no_public_name_is_hidden_by_a_module() -> None:
    """Importing `kpool.x` sets the attribute `x` of kpool: a function of that name would be gone."""
    modules = {module.name for module in pkgutil.iter_modules(kpool.__path__)}
    assert modules & set(kpool.__all__) == set(kpool._MODULES)


@pytest.mark.usefixtures("notebook")
def test_strategy_of_a_notebook_cell() -> None:
    def run_cell(scale: float) -> None:
        @kpool.strategy("scaled")
        class Scaled(kpool.Pooling):
            """The mean, scaled."""

            def lift(self, x: Any) -> Mean:
                return Mean(x * scale)

    run_cell(1.0)
    run_cell(2.0)
    np.testing.assert_allclose(kpool.pool("local/scaled")(X), 2 * kpool.pool("mean")(X), rtol=1e-6)
    head = kpool.head("scaled(over=window(2)) | max | dense(2)")
    assert head(X).shape == (3, 2)
    assert kpool.spec_of(kpool.head(kpool.spec_of(head))) == kpool.spec_of(head)
    assert kpool.requirements(head.spec) == [f"kpool>={kpool.__version__}"]
    assert kpool.strategies()["scaled"].summary == "The mean, scaled."


def test_built_in_cannot_be_replaced() -> None:
    with pytest.raises(PluginError, match="'mean' is a built-in and cannot be replaced"):
        kpool.strategy("mean")(type("Mine", (kpool.Pooling,), {}))


@pytest.mark.usefixtures("notebook")
def test_strategy_that_is_no_pooling() -> None:
    dull = Component("dull", "toys:Dull", kind="strategy", loaded=lambda over=None, **_: keras.layers.Identity())
    registry.default().add(dull)
    with pytest.raises(KpoolError, match=r"dull gave Identity, not a kpool\.Pooling"):
        kpool.pool("dull")


@pytest.mark.parametrize("kind", ["strategies", "regions", "stages"])
def test_catalogues_are_read_only(kind: str) -> None:
    catalogue = getattr(kpool, kind)()
    assert all(name in (component.name, component.qualified) for name, component in catalogue.items())
    assert all(component.summary.endswith(".") for component in catalogue.values())
    with pytest.raises(TypeError):
        catalogue["x"] = None


def test_every_plugin_of_ours_works() -> None:
    assert {record.id: record.state for record in kpool.plugins() if record.distribution == "kpool"}.items() >= {
        ("attention", "ok"), ("basic", "ok"), ("combinators", "ok"), ("regions", "ok"), ("stages", "ok")
    }  # fmt: skip
