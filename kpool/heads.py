"""Head, the layer a spec builds."""

from __future__ import annotations

import math
from typing import Any

import keras

from kpool import inner
from kpool.distributions import check_installed, requirements
from kpool.errors import BudgetError, SpecError
from kpool.pipe import Pipe
from kpool.region.base import Shape
from kpool.spec import Spec
from kpool.unallocated import shapes_only

BUDGET = 2**28
_CONFIG = ("name", "trainable", "dtype", "spec", "budget", "requires", "policies", "frozen")


@keras.saving.register_keras_serializable("kpool")
class Head(Pipe):
    """A classifier's end: pools, then stages, from one spec.

    Args:
        spec: As in `gem(p=3) | dropout(0.2) | dense(10)`, short or canonical, or a `kpool.Spec`.
        budget: The most parameters the head may have; more raise BudgetError before anything is allocated.
        requires: The distributions a saved head was made with; checked when it is loaded.
        policies: The dtype policies of inner layers that differ from the head's own, by path.
        frozen: The paths of inner layers that were frozen by themselves.

    Call arguments: `inputs`, `mask`, `weights` and `regions`, as of `kpool.Pooling`.

    Shape: (batch, *positions, features) -> (batch, units), or a dict of these with `heads(…)`

    Raises:
        SpecError: for a spec that cannot be understood, or does not fit the input.
        BudgetError: for more parameters than the budget.
    """

    def __init__(
        self,
        spec: Spec | str,
        *,
        budget: int = BUDGET,
        requires: list[str] | None = None,
        policies: dict[str, Any] | None = None,
        frozen: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(budget, int) or isinstance(budget, bool) or budget < 1:
            raise SpecError(f"budget must be a number of parameters, 1 or more, not {budget!r}")
        check_installed(requires or [])
        super().__init__(spec, **kwargs)
        self.budget = budget
        inner.restore(self, policies, frozen)

    def build(self, input_shape: Shape) -> None:
        self._check_budget(input_shape)
        super().build(input_shape)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Head:
        unknown = config.keys() - _CONFIG
        if unknown or "spec" not in config:
            wrong = f"has no {', '.join(sorted(map(repr, unknown)))}" if unknown else "needs a spec"
            raise SpecError(f"the config of a head {wrong}; it has {', '.join(_CONFIG)}")
        return cls(**config)  # not Keras's: it wraps what is wrong into a TypeError that shows the config

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "spec": str(self.spec),
            "budget": self.budget,
            "requires": requirements(self.spec),
            **inner.changes(self),
        }

    def _check_budget(self, input_shape: Shape) -> None:
        """Build a twin whose variables have shapes only, and count."""
        twin = Pipe(self.spec, dtype=self.dtype_policy)
        with shapes_only():
            Pipe.build(twin, input_shape)
        needed = sum(math.prod(variable.shape) for variable in twin.variables)
        if needed > self.budget:
            raise BudgetError(
                f"{self.spec.display()} needs {needed:,} parameters for inputs of shape {tuple(input_shape)}, more "
                f"than the budget of {self.budget:,}; shrink it, or allow more with budget={needed}"
            )
