"""Configured: a Keras layer whose config, spec and checks follow from the signature of its init."""

from __future__ import annotations

from typing import Any, ClassVar

import keras

from kpool import ops
from kpool.arguments import checked
from kpool.region.base import Region
from kpool.region.build import as_region
from kpool.signatures import of_strategy
from kpool.spec.literals import write

_KERAS_ARGUMENTS = {"name", "dtype", "trainable", "activity_regularizer"}


class Configured(keras.layers.Layer):
    """A layer that keeps the arguments it was made with, checked, as literals; its weights keep the dtype of sums."""

    arguments: dict[str, Any]
    strategy_name: ClassVar[str] = ""

    def __init_subclass__(cls, *, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.strategy_name = name or cls.__name__
        package = cls.__module__.partition(".")[0]
        keras.saving.register_keras_serializable("kpool" if package == "kpool_plugins" else package)(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Configured:
        layer: Configured = super().__new__(cls, *args, **kwargs)
        object.__setattr__(layer, "arguments", _arguments(cls, args, kwargs))  # Keras tracks nothing before __init__
        return layer

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """As Keras's, but kept and used in the dtype sums are kept in: Keras would cast it to the policy's."""
        return super().add_weight(*args, **{"dtype": ops.accumulator(self.compute_dtype), "autocast": False, **kwargs})

    def argument_text(self) -> str:
        """The strategy's own arguments as a spec has them."""
        return ", ".join(f"{k}={x if isinstance(x, Region) else write(x)}" for k, x in self.arguments.items())

    def get_config(self) -> dict[str, Any]:
        own = {name: str(x) if isinstance(x, Region) else x for name, x in self.arguments.items()}
        frozen = self.arguments.get("trainable") and not self.trainable
        return {**super().get_config(), **own, **({"frozen": True} if frozen else {})}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Configured:
        config = dict(config)
        frozen = config.pop("frozen", False)
        layer: Configured = cls(**config)  # not Keras's: it wraps what is wrong into a TypeError that shows the config
        layer.trainable &= not frozen
        return layer


def _arguments(cls: type[Configured], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The strategy's own arguments; Keras's are Keras's to check."""
    parameters = of_strategy(cls)
    own = {name: value for name, value in kwargs.items() if name in parameters or name not in _KERAS_ARGUMENTS}
    arguments = checked(cls.strategy_name, parameters, args, own)
    if arguments.get("over") is not None:
        arguments["over"] = as_region(arguments["over"])
    return arguments
