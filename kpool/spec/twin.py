"""The JSON twin of a spec, there and back.

Back is by way of text: the twin is written as a spec and that is parsed, so that both obey the same rules, and an
error shows its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kpool.errors import SpecError
from kpool.signatures import signature
from kpool.spec.limits import LIMITS
from kpool.spec.literals import is_word, plain, shown, write
from kpool.spec.tree import Call, Spec

VERSION = 1
_NAME = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*/)?[A-Za-z_][A-Za-z0-9_]*")


def to_json(spec: Spec) -> dict[str, Any]:
    """The twin, of JSON's types only."""
    return {"kpool": VERSION, "pipe": _pipe(spec)}


def to_text(twin: object) -> str:
    """A spec that says what the twin says.

    Raises:
        SpecError: this is no twin.
    """
    if not isinstance(twin, Mapping) or set(twin) != {"kpool", "pipe"}:
        raise SpecError(f'a spec in JSON is {{"kpool": {VERSION}, "pipe": […]}}, not {shown(twin)}')
    if twin["kpool"] != VERSION or isinstance(twin["kpool"], bool):
        raise SpecError(f'this kpool reads specs of "kpool": {VERSION}, not {shown(twin["kpool"])}')
    return _pipe_text(twin["pipe"], LIMITS.depth)


def _pipe(spec: Spec) -> list[dict[str, Any]]:
    return [_call(call) for call in spec.calls]


def _call(call: Call) -> dict[str, Any]:
    said: dict[str, Any] = {"use": call.component.qualified}
    for name, parameter in signature(call.component).items():
        said["of" if parameter.variadic else name] = _value(call.arguments[name])
    return said


def _value(value: Any) -> Any:
    if isinstance(value, Spec):
        return _pipe(value)
    if isinstance(value, Call):
        return _call(value)
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _value(branch) for name, branch in value.items()}
    return value


def _pipe_text(pipe: object, depth: int) -> str:
    """A pipe is a list of calls; a single call may stand for a pipe of one."""
    calls = [pipe] if isinstance(pipe, Mapping) else pipe
    if not isinstance(calls, (list, tuple)) or not calls:
        raise SpecError(f'a pipe is a list of {{"use": name, …}}, not {shown(pipe)}')
    return " | ".join(_call_text(call, depth) for call in calls)


def _call_text(call: object, depth: int) -> str:
    if not depth:
        raise SpecError(f"calls stand at most {LIMITS.depth} deep")
    if not isinstance(call, Mapping) or not _is_name(call.get("use")):
        raise SpecError(f'a call is {{"use": name, …}}, not {shown(call)}')
    arguments = list(_branch_texts(call.get("of", []), depth - 1))
    arguments += [_keyword(name, value, depth - 1) for name, value in call.items() if name not in ("use", "of")]
    return f"{call['use']}({', '.join(arguments)})" if arguments else str(call["use"])


def _branch_texts(branches: object, depth: int) -> Iterator[str]:
    if isinstance(branches, Mapping):
        yield from (_keyword(name, branch, depth) for name, branch in branches.items())
    elif isinstance(branches, (list, tuple)):
        yield from (_pipe_text(branch, depth) for branch in branches)
    else:
        raise SpecError(f'"of" holds branches, in a list or by name, not {shown(branches)}')


def _keyword(name: object, value: object, depth: int) -> str:
    if not isinstance(name, str) or not is_word(name):
        raise SpecError(f"an argument's name is a word, not {shown(name)}")
    return f"{name}={_value_text(value, depth)}"


def _value_text(value: object, depth: int) -> str:
    if isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and any(isinstance(i, Mapping) for i in value)):
        return _pipe_text(value, depth)
    return write(plain(value, depth))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(_NAME.fullmatch(name)) and (is_word(name) or "/" in name)
