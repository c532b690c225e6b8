"""The JSON Schema of the JSON twin, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpool.hookspecs import Component
from kpool.parameters import Role
from kpool.registry import Registry
from kpool.signatures import Parameter, signature
from kpool.spec.twin import VERSION
from kpool.spec.values import adapter
from kpool.spec.wording import describe

_PIPE = {"$ref": "#/$defs/pipe"}


def schema(registry: Registry) -> dict[str, Any]:
    """What `Spec.from_json` takes, as far as JSON Schema can say it, for all components of the registry."""
    steps = {**registry.strategies(), **registry.stages()}
    regions = registry.regions()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A kpool spec",
        "type": "object",
        "properties": {"kpool": {"const": VERSION}, "pipe": _PIPE},
        "required": ["kpool", "pipe"],
        "additionalProperties": False,
        "$defs": {
            "pipe": {"type": "array", "items": _any_of(steps), "minItems": 1},
            "region": _any_of(regions),
            **{_key(component): _call(name, component) for name, component in {**steps, **regions}.items()},
        },
    }


def _any_of(components: Mapping[str, Component]) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/$defs/{_key(component)}"} for component in components.values()]}


def _key(component: Component) -> str:
    """Of a form that no name has, and that a JSON pointer takes as it is."""
    return f"use:{component.qualified.replace('/', ':')}"


def _call(name: str, component: Component) -> dict[str, Any]:
    parameters = signature(component)
    properties: dict[str, Any] = {"use": {"enum": sorted({name, component.qualified})}}
    for parameter in parameters.values():
        properties["of" if parameter.variadic else parameter.name] = _value(parameter)
    needed = ["of" if p.variadic else p.name for p in parameters.values() if p.required or p.variadic]
    return {
        "type": "object",
        "description": component.summary,
        "properties": properties,
        "required": ["use", *needed],
        "additionalProperties": False,
    }


def _value(parameter: Parameter) -> dict[str, Any]:
    if parameter.variadic == "*":
        return {"type": "array", "items": _PIPE, "minItems": 1}
    if parameter.variadic:
        return {"type": "object", "additionalProperties": _PIPE, "minProperties": 1}
    if parameter.role:
        said = {"$ref": "#/$defs/region"} if parameter.role is Role.REGION else _PIPE
        return {"anyOf": [said, {"type": "null"}]} if parameter.default is None else said
    said = {**adapter(parameter.annotation).json_schema(), "description": describe(parameter)}
    return said if parameter.required else {**said, "default": parameter.default}
