"""Distributions: what must be installed for a spec."""

from __future__ import annotations

import importlib.metadata

import pytest

import kpool
from kpool import PluginError, SpecError
from kpool.distributions import check_installed, components, is_installed, is_newer
from kpool.hookspecs import Component
from kpool.spec import Call, Spec

KPOOL = f"kpool>={kpool.__version__}"


def spec_with(distribution: str, version: str) -> Spec:
    """`concat(… | theirs)`, with a component of another distribution as a branch of a built-in."""
    theirs = Component("theirs", "acme:Theirs", plugin="acme", distribution=distribution, version=version)
    concat = kpool.parse("concat(mean)").calls[0]
    return Spec((Call(concat.component, {"branches": (Spec((Call(theirs, {}),)),)}),))


@pytest.mark.parametrize("spec", ["mean", "concat(mean, gem(over=window(2)) | l2_norm) | dense(2)"])
def test_built_ins_need_kpool(spec: str) -> None:
    assert kpool.requirements(spec) == kpool.requirements(kpool.parse(spec)) == [KPOOL]


def test_plugin_in_a_branch_is_needed() -> None:
    assert kpool.requirements(spec_with("kpool-acme", "0.3")) == [KPOOL, "kpool-acme>=0.3"]


def test_component_of_this_process_needs_nothing() -> None:
    assert kpool.requirements(spec_with("local", "")) == [KPOOL]


def test_components_at_any_depth() -> None:
    spec = kpool.parse("heads(a=concat(mean, gem(over=window(2)) | l2_norm), b=max) | dense(2)")
    names = ["heads", "concat", "mean", "gem", "window", "l2_norm", "max", "dense"]
    assert [component.name for component in components(spec)] == names


def test_installed_in_any_version() -> None:
    assert is_installed("kpool>=99")
    assert is_installed("Keras>=0")
    assert not is_installed("kpool-nowhere>=1.0")
    check_installed([KPOOL])


def test_missing_are_named_with_the_way_out() -> None:
    with pytest.raises(
        PluginError, match=r"kpool-a>=1, kpool-b>=2; .*: kpool-a, kpool-b\. Install: pip install kpool-a kpool-b$"
    ):
        check_installed([KPOOL, "kpool-a>=1", "kpool-b>=2"])


@pytest.mark.parametrize(
    ("requirement", "newer"),
    [
        pytest.param(KPOOL, False, id="the-same"),
        pytest.param("kpool>=0.0.9", False, id="older"),
        pytest.param("kpool>=99", True, id="newer"),
        pytest.param(f"kpool>={kpool.__version__}.post1", True, id="a-little-newer"),
        pytest.param(f"kpool>={kpool.__version__}rc1", False, id="candidate-of-this"),
        pytest.param("pluggy>=99", True, id="of-another-distribution"),
        pytest.param("kpool>=unknown", False, id="no-number"),
        pytest.param("kpool-nowhere>=99", False, id="not-installed"),
    ],
)
def test_newer_than_what_is_installed(requirement: str, newer: bool) -> None:
    assert is_newer(requirement) is newer


def test_newer_are_refused_with_both_numbers_and_the_way_out() -> None:
    pluggy = importlib.metadata.version("pluggy")
    with pytest.raises(PluginError) as caught:
        check_installed(["kpool>=99.1", "pluggy>=98"])
    assert str(caught.value) == (
        f"this head was made with kpool 99.1, here is {kpool.__version__}, pluggy 98, here is {pluggy}; an older one "
        'might read it wrongly. Update: pip install -U "kpool>=99.1" "pluggy>=98"'
    )


def test_requirements_are_a_list() -> None:
    with pytest.raises(PluginError, match="requires is a list of 'name>=version', not 'kpool>=1'"):
        check_installed("kpool>=1")


@pytest.mark.parametrize("requirement", ["kpool", "kpool==1", "-r x>=1 --y", "", "a>=1; rm", 3], ids=repr)
def test_refuses_what_is_no_requirement(requirement: str) -> None:
    with pytest.raises(PluginError, match="a requirement reads 'name>=version', not"):
        check_installed([requirement])


def test_refuses_what_is_no_spec() -> None:
    with pytest.raises(SpecError, match="a spec is text, not 3"):
        kpool.requirements(3)
