"""What must be installed for a spec to be built."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator

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
    """Raise PluginError for distributions that are missing, with the line that installs them."""
    missing = [_name(requirement) for requirement in needed if not is_installed(requirement)]
    if missing:
        raise PluginError(
            f"this head was made with {', '.join(needed)}; not installed here: {', '.join(missing)}. "
            f"Install: pip install {' '.join(missing)}"
        )


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
    match = _REQUIREMENT.fullmatch(str(requirement))
    if match is None:
        raise PluginError(f"a requirement reads 'name>=version', not {requirement!r}")
    return match[1]
