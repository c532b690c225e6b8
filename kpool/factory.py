"""The functions a user calls: from a spec to a layer, and from a layer back to its spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kpool import registry
from kpool.distributions import requirements
from kpool.errors import KpoolError, PluginError, SpecError
from kpool.hookspecs import Component
from kpool.registry import PluginRecord
from kpool.signatures import of_strategy, of_target
from kpool.spec import Spec
from kpool.spec import parse as _parse

if TYPE_CHECKING:
    import keras

    from kpool.heads import Head
    from kpool.pooling import Pooling

__all__ = [
    "head",
    "parse",
    "plugins",
    "pool",
    "prefer",
    "regions",
    "requirements",
    "rescan",
    "spec_of",
    "stages",
    "strategies",
    "strategy",
]


def parse(text: str, **names: Any) -> Spec:
    """The spec that `text` says, bound to the installed components.

    Args:
        text: As in `gem(p=3) | dense(classes)`.
        names: What bare words in it mean: `classes=10`.

    Raises:
        SpecError: with a caret under the place that is wrong.
    """
    return _parse(text, names)


def head(spec: Spec | str, **names: Any) -> Head:
    """The layer that ends a classifier: `head("gem(p=3) | dropout(0.2) | dense(classes)", classes=10)`.

    (batch, *positions, features) -> what the last part of the spec gives, (batch, classes) here.

    Raises:
        SpecError: with a caret under the place that is wrong.
    """
    from kpool.heads import Head

    return Head(_bound(spec, names))


def pool(spec: Spec | str, **names: Any) -> Pooling:
    """The pooling layer that a spec of one call names: `pool("attention(heads=4)")`, `pool("concat(mean, max)")`.

    (batch, *positions, features) -> (batch, *grid, features)

    Raises:
        SpecError: with a caret under the place that is wrong, or for more than one pooling.
    """
    from kpool.pipe import build_layer
    from kpool.pooling import Pooling

    bound = _bound(spec, names)
    if len(bound.calls) != 1 or bound.calls[0].component.kind != "strategy":
        raise SpecError(f"pool takes one pooling, as in 'gem(p=3)'; {bound.display()!r} is more: use kpool.head")
    layer = build_layer(bound.calls[0])
    if not isinstance(layer, Pooling):
        raise KpoolError(f"{bound.display()} gave {type(layer).__name__}, not a kpool.Pooling")
    return layer


def _bound(spec: Spec | str, names: Mapping[str, Any]) -> Spec:
    if not isinstance(spec, Spec):
        return _parse(spec, names)
    if names:
        raise SpecError(f"{', '.join(names)}: a kpool.Spec has no open names; pass them to kpool.parse")
    return spec


def spec_of(layer: keras.layers.Layer) -> str:
    """The canonical spec of a layer that kpool built: `pool(spec_of(layer))` builds its like."""
    from kpool.pipe import Pipe
    from kpool.pooling import Pooling

    if isinstance(layer, Pipe):
        return str(layer.spec)
    if isinstance(layer, Pooling):
        return str(_parse(f"{registry.default().of_class(type(layer)).qualified}({layer.argument_text()})"))
    raise KpoolError(f"kpool did not build {type(layer).__name__}; it knows the specs of Head and Pooling layers")


def strategies() -> Mapping[str, Component]:
    """The installed strategies by name, read-only."""
    return registry.default().strategies()


def regions() -> Mapping[str, Component]:
    """The installed regions by name, read-only."""
    return registry.default().regions()


def stages() -> Mapping[str, Component]:
    """The installed stages by name, read-only."""
    return registry.default().stages()


def plugins() -> list[PluginRecord]:
    """Every plugin found, working or not, with its state and error."""
    return registry.default().plugins()


def prefer(name: str, qualified: str) -> None:
    """Let the short `name` mean `qualified` (`plugin/name`) where several plugins give it."""
    registry.default().prefer(name, qualified)


def rescan() -> None:
    """Look for plugins anew: after a `pip install` in a notebook, or a change of `KPOOL_DISABLE_PLUGINS`.

    A module that is imported already stays as it is: to use another version of a plugin, start a new process.
    """
    registry.default().rescan()
    of_target.cache_clear()


def strategy(name: str) -> Callable[[type[Pooling]], type[Pooling]]:
    """Register a class of this process, such as one in a notebook cell: `@kpool.strategy("mine")`.

    Running the cell again replaces it. A model saved with it loads only where the class has been defined.

    Raises:
        PluginError: it is no `kpool.Pooling`, or the name is taken: by a built-in, or by another class in here.
    """

    if not isinstance(name, str):
        raise PluginError("a strategy needs a name: @kpool.strategy('mine')")

    def register(cls: type[Pooling]) -> type[Pooling]:
        from kpool.pooling import Pooling

        if not (isinstance(cls, type) and issubclass(cls, Pooling)):
            raise PluginError(f"@kpool.strategy stands above a class made of kpool.Pooling, not above {cls!r}")
        of_strategy(cls)  # what is wrong with its arguments is said here, not where it is used
        summary = (cls.__doc__ or "").strip().partition("\n")[0]
        target = f"{cls.__module__}:{cls.__qualname__}"
        registry.default().add(Component(name, target, summary, kind="strategy", loaded=cls))
        cls.strategy_name = name
        return cls

    return register
