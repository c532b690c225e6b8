"""What must be installed for a spec to be built, and in which version at least.

A head records the distributions it was made with: its spec names components, and only the registry knows whose they
are. A layer outside a head records none. Its class, every argument and every value stand in the file, and each is
checked when it is loaded, so what an older kpool does not know it refuses by name; and what a strategy computes is not
changed under its name (tests/golden holds it). A record in the config of every layer would say no more.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Sequence

from kpool.errors import PluginError
from kpool.hookspecs import Component
from kpool.spec import Call, Spec, parse

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)>=([A-Za-z0-9.+!_-]+)")


def requirements(spec: Spec | str) -> list[str]:
    """The distributions a spec needs, `["kpool>=0.1.0", "kpool-acme>=0.3"]`; a component of this process needs none."""
    spec = spec if isinstance(spec, Spec) else parse(spec)
    needed = {c.distribution: c.version for c in components(spec) if c.version}
    return [f"{name}>={version}" for name, version in sorted(needed.items())]


def components(spec: Spec) -> Iterator[Component]:
    """Every component a spec names, at any depth."""
    for call in spec.calls:
        yield from _of_call(call)


def check_installed(needed: list[str]) -> None:
    """Raise PluginError for distributions that are missing or older, with the line that installs them."""
    if not isinstance(needed, (list, tuple)):
        raise PluginError(f"requires is a list of 'name>=version', not {needed!r}")
    missing = [_name(requirement) for requirement in needed if not is_installed(requirement)]
    if missing:
        raise PluginError(
            f"this head was made with {', '.join(needed)}; not installed here: {', '.join(missing)}. "
            f"Install: pip install {' '.join(missing)}"
        )
    if newer := [requirement for requirement in needed if is_newer(requirement)]:
        raise PluginError(f"this head was made with {outdated(newer)}")


def outdated(newer: Sequence[str]) -> str:
    """What is to be said of recorded distributions that are newer than those here: both numbers, and the way out."""
    told = ", ".join(f"{name} {version}, here is {installed_version(name)}" for name, version in map(_parts_of, newer))
    return f"{told}; an older one might read it wrongly. Update: pip install -U {' '.join(map(_quoted, newer))}"


def is_newer(requirement: str) -> bool:
    """Whether a newer version is recorded than the one installed; no, if either has no number."""
    from packaging.version import InvalidVersion, Version  # takes 10 ms

    name, recorded = _parts_of(requirement)
    try:
        return Version(recorded) > Version(installed_version(name))
    except (InvalidVersion, importlib.metadata.PackageNotFoundError):
        return False


def installed_version(name: str) -> str:
    return importlib.metadata.version(name)


def is_installed(requirement: str) -> bool:
    """Whether the distribution that `name>=version` names is here, in any version."""
    try:
        importlib.metadata.distribution(_name(requirement))
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _of_call(call: Call) -> Iterator[Component]:
    yield call.component
    for value in call.arguments.values():
        for part in _parts(value):
            yield from _of_call(part) if isinstance(part, Call) else components(part)


def _parts(value: object) -> Iterator[Call | Spec]:
    if isinstance(value, (Call, Spec)):
        yield value
    elif isinstance(value, tuple):
        yield from (part for part in value if isinstance(part, Spec))
    elif hasattr(value, "values"):
        yield from value.values()


def _name(requirement: str) -> str:
    return _parts_of(requirement)[0]


def _quoted(requirement: str) -> str:
    return f'"{requirement}"'  # a shell would take the > for its own


def _parts_of(requirement: str) -> tuple[str, str]:
    match = _REQUIREMENT.fullmatch(requirement) if isinstance(requirement, str) else None
    if match is None:
        raise PluginError(f"a requirement reads 'name>=version', not {requirement!r}")
    return match[1], match[2]
